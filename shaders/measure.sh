#!/usr/bin/env bash
# Measures the GPU sampler on the graphics adapter of this machine, within five minutes: parity with the processor on
# three configurations, frames per second of the bundled model, and Table 4 of the paper.
#
#   shaders/measure.sh [FOLDER]       measures; results go to FOLDER (default: measure-results)
#   shaders/measure.sh --pack FILE    packs the program and, on Debian, the Vulkan loader into FILE (.tar.gz)
#
# EQUIJUMP         the program (default: target/release/equijump)
# MEASURE_CARRY    what --pack made (default: measure.tar.gz beside this script, if there); unpacked before measuring
# MEASURE_DEVICE   the adapter, as `simulate --device` takes it (default: the first one that is hardware)
# MEASURE_SECONDS  time for everything (default: 285)
# MEASURE_TINY=1   sizes that software Vulkan can run
#
# A step that fails or runs out of time does not stop the others. FOLDER holds measure.json (everything, for scripts),
# summary.txt (the same for people), measure.log (all output) and the files of each step. Needs bash, coreutils, awk.
# Exit code: 0 if parity holds and every step gave its figures, 1 otherwise.
set -u
export LC_ALL=C
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
EQUIJUMP=${EQUIJUMP:-target/release/equijump}

if [ "${1:-}" = --pack ]; then
    file=${2:?"--pack needs the name of the archive to write"}
    work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
    cp "$EQUIJUMP" "$work/equijump" || exit 1
    strip "$work/equijump" 2>/dev/null
    if command -v apt-get >/dev/null; then
        (cd "$work" && apt-get download libvulkan1 libegl1 libglvnd0 libopengl0 libgl1 libglx0 libgles2) ||
            echo "measure: no loaders packed; the machine must have libvulkan.so.1" >&2
    fi
    tar -C "$work" -czf "$file" . && echo "$file"
    exit
fi

out=${1:-measure-results}
mkdir -p "$out" || exit 1
out=$(cd "$out" && pwd)
begin=$SECONDS
total=${MEASURE_SECONDS:-285}
tiny=${MEASURE_TINY:-}
log=$out/measure.log
summary=$out/summary.txt
rm -rf "$out/parity" "$out/speed" "$out/table4"
mkdir -p "$out/parity" "$out/speed" "$out/table4"
: >"$log"
: >"$summary"
failures=0
say() { echo "$*" | tee -a "$log" "$summary"; }
left() { echo $((total - (SECONDS - begin))); }

# step SECONDS FILE COMMAND…: runs it for so long at most, and no longer than there is time; output to FILE and log.
step() {
    local most=$1 file=$2 room code
    shift 2
    room=$(left)
    if [ "$room" -lt 3 ]; then
        echo "out of time" >"$file"
        return 124
    fi
    [ "$room" -lt "$most" ] && most=$room
    echo "+ $*   (at most $most s, $room s left)" >>"$log"
    timeout -k 3 "$most" "$@" >"$file" 2>&1
    code=$?
    cat "$file" >>"$log"
    echo "= $code" >>"$log"
    return $code
}
number() { awk -v x="$1" 'BEGIN { if (x ~ /^[-+0-9.eE]+$/) printf "%.6g", x; else printf "null" }'; }
quoted() { printf '"%s"' "$(printf '%s' "$1" | tr -d '\000-\037' | sed 's/[\\"]/\\&/g')"; }

# What it carries.
carry=${MEASURE_CARRY:-$here/measure.tar.gz}
if [ -f "$carry" ]; then
    work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
    if tar -C "$work" -xzf "$carry" >>"$log" 2>&1; then
        [ -x "$work/equijump" ] && EQUIJUMP=$work/equijump
        if ! ldconfig -p 2>/dev/null | grep -q libvulkan.so.1; then
            for package in "$work"/*.deb; do
                [ -f "$package" ] && dpkg-deb -x "$package" "$work/root" >>"$log" 2>&1
            done
            for libraries in "$work"/root/usr/lib/*-linux-gnu "$work"/root/lib/*-linux-gnu; do
                [ -d "$libraries" ] && export LD_LIBRARY_PATH=$libraries${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
            done
        fi
    else
        say "measure: $carry cannot be unpacked"
        failures=$((failures + 1))
    fi
fi
if ! [ -x "$EQUIJUMP" ]; then
    say "measure: there is no program $EQUIJUMP; build it (cargo build --release) or name it with EQUIJUMP"
    exit 1
fi
export XDG_RUNTIME_DIR=${XDG_RUNTIME_DIR:-/tmp}

# The adapter: lines of `info --devices` that begin with a number.
devices() { step 20 "$out/devices.txt" "$EQUIJUMP" info --devices; }
hardware() { grep -E '^[0-9]+ ' "$out/devices.txt" | grep -v ', software,' | head -n 1; }
devices
if [ -z "$(hardware)" ] && [ -z "$tiny" ]; then
    # Containers often have the driver without its description where the loader looks for it.
    for icd in /usr/local/nvidia/share/vulkan/icd.d/nvidia_icd.json /usr/share/vulkan/icd.d/nvidia_icd.json \
        /etc/vulkan/icd.d/nvidia_icd.json; do
        [ -f "$icd" ] || continue
        export VK_DRIVER_FILES=$icd VK_ICD_FILENAMES=$icd
        egl=${icd%/vulkan/icd.d/nvidia_icd.json}/glvnd/egl_vendor.d/10_nvidia.json
        [ -f "$egl" ] && export __EGL_VENDOR_LIBRARY_FILENAMES=$egl
        devices
        [ -n "$(hardware)" ] && break
    done
fi
adapter=$(hardware)
[ -z "$adapter" ] && [ -n "$tiny" ] && adapter=$(grep -E '^[0-9]+ ' "$out/devices.txt" | head -n 1)
device=${MEASURE_DEVICE:-${adapter%% *}}
if [ -z "$device" ]; then
    say "measure: no graphics adapter was found; see $log"
    exit 1
fi
version=$("$EQUIJUMP" --version 2>/dev/null)
say "$version on $(uname -sm), $(nproc) processors, $(date -u +%Y-%m-%dT%H:%M:%SZ)"
adapter_name=$(printf '%s' "${adapter#* }" | sed 's/^ *//')
say "adapter $device: $adapter_name"
nvidia-smi --query-gpu=name,driver_version,clocks.max.sm,power.limit --format=csv >>"$log" 2>&1

# 1. Parity: the last frame of the adapter and of the processor on one seed. Positions are compared before anything is
# mended, since tolerances of the geometry are steps.
parity_json=""
parity() {
    local name=$1 protein=$2 frames=$3 worst=null ok=false reason="" atoms bytes where path at
    shift 3
    for where in "$device" cpu; do
        path=$out/parity/$name-$([ "$where" = cpu ] && echo cpu || echo adapter)
        step 60 "$path.txt" "$EQUIJUMP" simulate "$protein" --frames "$frames" --seed 11 --keep-geometry false \
            --device "$where" --out "$path.dcd" "$@" || reason="the run on $where ended with code $?"
        # A run that fell back on the processor would agree with it.
        if [ "$where" != cpu ] && { ! grep -q 'on GPU' "$path.txt" || grep -q 'on the processor' "$path.txt"; }; then
            reason="${reason:-the run was not made on the adapter}"
        fi
    done
    if [ -z "$reason" ]; then
        atoms=$(grep -c '^ATOM' "$path"_topology.pdb)
        bytes=$((3 * (4 * atoms + 8)))
        worst=0
        # One trajectory, or one of each replica.
        for path in "$out/parity/$name"-adapter*.dcd; do
            at=$(paste <(tail -c $bytes "$path" | od -An -v -w4 -t f4) \
                <(tail -c $bytes "${path/-adapter/-cpu}" | od -An -v -w4 -t f4) |
                awk -v atoms="$atoms" '
                    # Each of three arrays has a length before and after it.
                    { i = (NR - 1) % (atoms + 2); if (i == 0 || i == atoms + 1) next
                      if (($1 + 0 != $1 && $1 !~ /^[-+0-9.e]+$/) || $2 !~ /^[-+0-9.e]+$/) bad = 1
                      d = $1 - $2; if (d < 0) d = -d; if (d > worst) worst = d; n++ }
                    END { if (bad || n != 3 * atoms) print "nan"; else printf "%.9g", worst }')
            worst=$(awk -v a="$worst" -v b="$at" 'BEGIN { if (b == "nan" || a == "nan") print "nan"; else print (b > a) ? b : a }')
        done
        if awk -v w="$worst" 'BEGIN { exit !(w != "nan" && w + 0 < 1e-3) }'; then ok=true; else reason="off by $worst A"; fi
    fi
    [ $ok = true ] || failures=$((failures + 1))
    say "parity $name: largest deviation $worst A $([ $ok = true ] && echo "(bound 0.001 A)" || echo "FAILED: $reason")"
    parity_json+="${parity_json:+,}{\"name\":$(quoted "$name"),\"worst_angstrom\":$(number "$worst"),\"ok\":$ok,\"reason\":$(quoted "$reason")}"
}
if [ -n "$tiny" ]; then
    parity shipped-sde chignolin 1 --latent-steps 2
    parity heun-window chignolin 1 --latent-steps 2 --sampler ode-heun
    parity replicas chignolin 1 --latent-steps 2 --replicas 2
else
    parity shipped-sde chignolin 1
    parity heun chignolin 2 --latent-steps 25 --sampler ode-heun
    parity replicas-lambda lambda 1 --latent-steps 25 --replicas 8
fi

# 2. Frames per second of the bundled model at its own settings: of two interrupted runs of different length, the
# difference, so that setting up does not count.
speed_json=""
made() { sed -n 's/.*"frames_after_start": *\([0-9]*\).*/\1/p' "$1" 2>/dev/null | head -n 1; }
speed() {
    local where=$1 replicas=$2 short=$3 long=$4 name seconds counts=() rate=null code path
    shift 4
    name=$([ "$where" = cpu ] && echo cpu || echo adapter)-$replicas
    for seconds in "$short" "$long"; do
        path=$out/speed/$name-$seconds
        if [ "$(left)" -lt $((seconds + 5)) ]; then
            echo "out of time" >>"$log"
            break
        fi
        # SIGINT ends a run with whole files and code 130.
        echo "+ simulate chignolin --device $where --replicas $replicas for $seconds s" >>"$log"
        timeout -s INT -k 5 "$seconds" "$EQUIJUMP" simulate chignolin --frames 100000000 --replicas "$replicas" \
            --seed 1 --device "$where" --out "$path.xtc" "$@" >"$path.txt" 2>&1
        code=$?
        tr '\r' '\n' <"$path.txt" | tail -n 20 >>"$log"
        echo "= $code" >>"$log"
        if [ "$where" != cpu ] && { ! grep -q 'on GPU' "$path.txt" || grep -q 'on the processor' "$path.txt"; }; then
            break
        fi
        counts+=("$(made "$path.json")")
        rm -f "$path"*.xtc "$path.state"
    done
    if [ "${#counts[@]}" = 2 ]; then
        rate=$(awk -v a="${counts[0]:-0}" -v b="${counts[1]:-0}" -v s=$((long - short)) 'BEGIN { print (b - a) / s }')
        rate=$(number "$rate")
    fi
    if [ "$rate" = null ] || [ "$rate" = 0 ]; then
        rate=null
        failures=$((failures + 1))
    fi
    say "bundled model, chignolin, $replicas replica(s) on $([ "$where" = cpu ] && echo processor || echo adapter): $rate frames/s each ($(awk -v r="$rate" -v n="$replicas" 'BEGIN { if (r == "null") print "no figure"; else printf "%.0f ns/day together", r * n * 0.1 * 86400 }'))"
    speed_json+="${speed_json:+,}{\"device\":$(quoted "$where"),\"replicas\":$replicas,\"frames_per_second_of_each\":$rate}"
}
if [ -n "$tiny" ]; then
    speed "$device" 1 12 40 --latent-steps 2 --keep-geometry false
else
    for replicas in 1 8 32 128; do speed "$device" $replicas 3 8; done
    speed cpu 1 3 6
fi

# 3. Table 4. One call a size, so that what runs out of time costs that size alone; the sizes that the aims name first.
table() {
    local residual=$1 heads=$2 h=$3 file most=$4
    shift 4
    file=$out/table4/$residual-$heads-$h
    if step "$most" "$file.txt" "$EQUIJUMP" bench --device "$device" --residual "$residual" --heads "$heads" \
        --multiplicity "$h" --json "$file.json" --force "$@"; then
        grep -E '^ *[0-9]+ +[0-9]+ +[0-9]+ ' "$file.txt" | tee -a "$summary"
    else
        # The rows that it did print count; there is no JSON of them.
        grep -E '^ *[0-9]+ +[0-9]+ +[0-9]+ ' "$file.txt" | tee -a "$summary"
        say "table 4, $residual $heads H = $h: not complete ($(grep -v '^ *$' "$file.txt" | tail -n 1 | cut -c 1-120))"
        failures=$((failures + 1))
    fi
}
say "   N    H batch residual    heads  M param    s/frame      CPU s  GFLOP/s  share    ns/day     x MD steps  device"
if [ -n "$tiny" ]; then
    table concat paper 2 90 --residues 10 --batch 1 --seconds 0.1
    table sum endpoint 2 90 --residues 10 --batch 1 --seconds 0.1
else
    sizes=(--residues 80 --residues 10 --batch 1 --batch 8 --batch 32)
    table concat paper 32 40 "${sizes[@]}" --seconds 1
    table concat paper 256 100 "${sizes[@]}" --seconds 1
    table concat paper 64 40 "${sizes[@]}" --seconds 0.7
    table concat paper 128 60 "${sizes[@]}" --seconds 0.7
    for h in 32 64 128 256; do table sum endpoint $h 40 "${sizes[@]}" --seconds 0.5; done
fi

{
    printf '{"program":%s,"machine":%s,"adapter":%s,"tiny":%s,"seconds":%d,"failures":%d,\n' "$(quoted "$version")" \
        "$(quoted "$(uname -srm)")" "$(quoted "$adapter_name")" "$([ -n "$tiny" ] && echo true || echo false)" \
        $((SECONDS - begin)) $failures
    printf '"parity":[%s],\n"speed":[%s],\n"table4":[' "$parity_json" "$speed_json"
    comma=
    for file in "$out"/table4/*.json; do
        [ -s "$file" ] || continue
        printf '%s\n' "$comma"
        cat "$file"
        comma=,
    done
    printf ']}\n'
} >"$out/measure.json"
say "$((SECONDS - begin)) s, $failures failure(s); $out/measure.json, $log"
[ $failures = 0 ]
