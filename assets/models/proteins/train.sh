#!/usr/bin/env bash
# Trains the model `proteins` anew from assets/md, in the eleven stages in which it was trained.
#
#   assets/models/proteins/train.sh OUT      stores, stages 1 to 11; the model is OUT/11/model.safetensors
#
# What is done already is left alone, and a stage that was interrupted goes on. EQUIJUMP names the program (default:
# target/release/equijump), THREADS the processor threads to train with (default: 1).
#
# The stages are those of the model, with three differences. Its second stage saw an earlier, smaller part of assets/md,
# frames every 10 to 25 ps, of chignolin, 64 peptides (pep_[bceghptx]) and 8 proteins; the same systems as they lie in
# assets/md stand for it here. And its second and third stage were ended by the clock, after 13,248 of 60,000 and 6,100
# of 14,000 steps: here they are that long, and their learning rates fall to what they had fallen to. And the second
# round of its own frames was made by a sibling of stage 8 (a bend of 1.2, no own frames); here stage 8 makes them. Weights
# come close to those that ship and are not the same bit for bit.
set -eu
export LC_ALL=C
out=${1:?"name a folder for stores and stages"}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
md=$here/../../md
EQUIJUMP=${EQUIJUMP:-target/release/equijump}
THREADS=${THREADS:-1}
mkdir -p "$out/stores"
out=$(cd "$out" && pwd)

# One store a system. Trp-cage, the WW domain, NTL9 and ubiquitin are kept for the end of stage 6, the other natural
# proteins for stages 10 and 11, but for those four that the model is judged by.
for folder in "$md"/*/; do
    name=$(basename "$folder")
    case $name in chignolin_rare | chignolin_crystal | nat_1lcd | nat_1bxy | nat_2evb | nat_1t8k) continue ;; esac
    store=$out/stores/$name.store.safetensors
    [ -f "$folder/top.pdb" ] && ! [ -f "$store" ] || continue
    how=(--out-of-equilibrium)
    if [ "$name" = chignolin ]; then how=(--skip-ps 200); fi
    "$EQUIJUMP" import --topology "$folder/top.pdb" "$folder"traj_*.xtc "${how[@]}" --out "$store"
done

stores() { # those whose name fits, of systems that are trained on: `all` from the end of
         # stage 6 on, `eight` natural proteins more in stage 10, all `natural` ones in stage 11
    local store name
    for store in "$out"/stores/*.store.safetensors; do
        name=$(basename "$store" .store.safetensors)
        case $name in
            trpcage | wwdomain | ntl9 | nat_1ubq)
                case $1 in all | eight | natural) echo "$store" ;; esac ;;
            nat_2oob | nat_1guu | nat_1shg | nat_4quf | nat_1oai | nat_2spz | nat_1hz6 | nat_1csp)
                case $1 in eight | natural) echo "$store" ;; esac ;;
            nat_*) if [ "$1" = natural ]; then echo "$store"; fi ;;
            *) case $1 in all | eight | natural) echo "$store" ;; *) if [[ $name =~ ^($1)$ ]]; then echo "$store"; fi ;; esac ;;
        esac
    done
}

own=() # Stores of the model's own frames.

stage() { # NUMBER STORES OPTIONS…
    local folder=$out/$1 pattern=$2
    shift 2
    if [ -f "$folder/done" ]; then return; fi
    local files
    mapfile -t files < <(stores "$pattern")
    files+=("${own[@]}")
    if [ -f "$folder/checkpoint.safetensors" ]; then
        "$EQUIJUMP" train "${files[@]}" --resume --out "$folder"
    else
        "$EQUIJUMP" train "${files[@]}" --out "$folder" --name proteins --threads "$THREADS" --rigid-weight 4 \
            --validation-fraction 0.06 "$@"
    fi
    touch "$folder/done"
}

# What the headers did not see yet.
unseen=(--source-frame-inputs false --carried-inputs false)

# 1: from the model that chignolin had then, chignolin alone.
stage 1 chignolin --init "$here/../chignolin/trials/second.safetensors" --steps 16000 --learning-rate 4e-3 \
    --final-learning-rate 5e-5 --warmup-steps 300 --ema-decay 0.999 --time-reversal true --enhanced-share 0.5 \
    --torsion-share 0.5 --time-power 1.5 --seed 1 --validate-every 500 --source-torsion-inputs false "${unseen[@]}"

# 2: chignolin, 64 peptides and 8 proteins.
stage 2 'chignolin|pep_[bceghptx].*|a3d|bba|bbl|homeodomain|lambda|proteinb|proteing|villin' \
    --init "$out/1/best.safetensors" --steps 13248 --batch-size 48 --learning-rate 8e-3 --final-learning-rate 6.9e-3 \
    --warmup-steps 300 --ema-decay 0.999 --enhanced-share 0.8 --torsion-share 0.6 --time-power 1.2 --seed 3 \
    --validate-every 500 --clusters 60 --cluster-lag-ps 100 --source-torsion-inputs false "${unseen[@]}"

# 3: all that is trained on.
stage 3 '.*' --init "$out/2/best.safetensors" --steps 6100 --learning-rate 6e-3 --final-learning-rate 3.4e-3 \
    --warmup-steps 200 --ema-decay 0.999 --enhanced-share 0.8 --torsion-share 0.6 --time-power 1.2 --seed 5 \
    --validate-every 1000 --clusters 60 --cluster-lag-ps 100 --source-torsion-inputs false "${unseen[@]}"

# 4: the same with the torsions of the start among the inputs, and proteins drawn by the root of their size.
stage 4 '.*' --init "$out/3/best.safetensors" --source-torsion-inputs true "${unseen[@]}" --steps 5500 --learning-rate 6e-3 \
    --final-learning-rate 1e-4 --warmup-steps 200 --ema-decay 0.999 --enhanced-share 0.8 --torsion-share 0.75 \
    --time-power 1 --seed 6 --validate-every 1000 --clusters 60 --cluster-lag-ps 100 --proteins square-root

# 5: the vectors of the start and pieces carried along among the inputs.
stage 5 '.*' --init "$out/4/best.safetensors" --source-torsion-inputs true --source-frame-inputs true \
    --carried-inputs true --steps 5000 --learning-rate 6e-3 --final-learning-rate 1e-4 --warmup-steps 200 \
    --ema-decay 0.999 --enhanced-share 0.8 --torsion-share 0.75 --time-power 1 --seed 6 --validate-every 500 \
    --clusters 60 --cluster-lag-ps 100 --proteins square-root

# 6, first half: native states weigh as much as unfolded ones, which jump far, and half of the pairs are drawn as they come.
even=(--enhanced-share 0.5 --torsion-share 0.5 --even-jumps true --time-power 1 --validate-every 500 --clusters 60 \
    --cluster-lag-ps 100 --proteins square-root --source-torsion-inputs true --source-frame-inputs true \
    --carried-inputs true)
stage 6-held-out '.*' --init "$out/5/model.safetensors" --steps 5000 --learning-rate 5e-3 --final-learning-rate 1e-4 \
    --warmup-steps 200 --ema-decay 0.999 --seed 7 "${even[@]}"

# 6, second half: the same with all systems, those that were judged by among them.
stage 6 all --init "$out/6-held-out/model.safetensors" --steps 3000 --learning-rate 4e-3 --final-learning-rate 5e-5 \
    --warmup-steps 100 --ema-decay 0.998 --seed 8 "${even[@]}"

# 7: sources bent, so that the model leads back from frames of its own.
stage 7 all --init "$out/6/model.safetensors" --steps 1800 --learning-rate 4e-3 --final-learning-rate 5e-5 \
    --warmup-steps 100 --ema-decay 0.998 --seed 8 "${even[@]}" --source-bend 0.8

# Frames of the model's own: runs of 100 ps jumps from frames of molecular dynamics, which own_starts.csv names.
own_frames() { # ROUND MODEL JUMPS SEED
    local round=$1 model=$2 jumps=$3 seed=$4 system folder trajectory frame
    mkdir -p "$out/own"
    for system in $(awk -F, -v round="$round" '$1 == round { print $2 }' "$here/own_starts.csv" | uniq); do
        folder=$out/own/$round.$system
        if [ -f "$folder.store.safetensors" ]; then continue; fi
        mkdir -p "$folder"
        local starts=()
        while IFS=, read -r _ _ trajectory frame; do
            starts+=(--start "$md/$system/traj_$trajectory.xtc:$frame")
        done < <(grep "^$round,$system," "$here/own_starts.csv")
        "$EQUIJUMP" simulate "$md/$system/top.pdb" --topology "$md/$system/top.pdb" --model "$model" --epsilon 0.35 \
            --latent-steps 25 --frames "$jumps" --replicas $((${#starts[@]} / 2)) "${starts[@]}" --seed "$seed" \
            --out "$folder/run.dcd" --force
        "$EQUIJUMP" import --topology "$folder/run_topology.pdb" "$folder"/run_r*.dcd --made-by-model --skip-ps 50 \
            --out "$folder.store.safetensors"
    done
}

# 8: some jumps start from frames of the model's own.
own_frames 1 "$out/7/model.safetensors" 10 77
own=("$out"/own/1.*.store.safetensors)
stage 8 all --init "$out/7/model.safetensors" --steps 4000 --learning-rate 4e-3 --final-learning-rate 5e-5 \
    --warmup-steps 100 --ema-decay 0.998 --seed 8 "${even[@]}" --source-bend 0.8 --own-share 0.3

# 9: the same for longer, with more of them.
own_frames 2 "$out/8/model.safetensors" 16 79
own=("$out"/own/*.store.safetensors)
stage 9 all --init "$out/8/model.safetensors" --steps 5500 --learning-rate 4e-3 --final-learning-rate 5e-5 \
    --warmup-steps 100 --ema-decay 0.998 --seed 8 "${even[@]}" --source-bend 1.0 --own-share 0.35

# 10: natural proteins of no set, and own frames of the model of stage 9 alone.
own_frames 3 "$out/9/model.safetensors" 12 81
own_frames 4 "$out/9/model.safetensors" 10 81
own=("$out"/own/[34].*.store.safetensors)
stage 10 eight --init "$out/9/model.safetensors" --steps 10000 --learning-rate 4e-3 --final-learning-rate 5e-5 \
    --warmup-steps 100 --ema-decay 0.998 --seed 9 "${even[@]}" --source-bend 1.0 --own-share 0.35

# 11: four more, estimates among the inputs, own frames of natural proteins by the model of stage 10.
own_frames 5 "$out/10/model.safetensors" 12 82
own=("$out"/own/[35].*.store.safetensors)
stage 11 natural --init "$out/10/model.safetensors" --steps 10000 --learning-rate 4e-3 --final-learning-rate 5e-5 \
    --warmup-steps 100 --ema-decay 0.998 --seed 10 "${even[@]}" --source-bend 1.0 --own-share 0.35 --estimate-inputs true

echo "$out/11/model.safetensors"
