"""Floating-point operations and bytes of one latent step, as the kernels of this folder do them.

Prints the table of ../README.md. Operations are those of matrix products (two per multiply-add). Weights are
counted once a step, activations once for each kernel that reads or writes them: what the caches may keep is
not taken off. N residues, B replicas, L = 4 blocks, k = 16 neighbors.
"""


def step(h, n, b, concat, paper, extra):
    blocks, radial, offsets, time = 4, 32, 17, 100
    heads = 4 if paper else 1
    rows, edges = n * b, n * b * min(16, n - 1)
    scalars = time + h + 17 + (59 if extra else 0)
    vectors = 17 + (57 if extra else 0) + 1 + h

    def interaction(a, c, q, u):
        """Multiply-adds a row and weights: gates q x q, q x (q + u), then [a, q] and [c, u] to h."""
        gates = q * q + q * (q + u)
        return gates + (a + q) * h + 3 * (c + u) * h, gates + (a + q) * h + (c + u) * h

    macs, weights = interaction(scalars, vectors, scalars, vectors)
    macs *= rows
    traffic = rows * (5 * scalars + 6 * vectors)
    states = h
    for layer in range(blocks):
        w = h * (layer + 1) if concat else h
        m, p = interaction(w, w, 3 * w, 2 * w)
        macs += rows * (m + 16 * h * h + 4 * h * h) + edges * (13 * h + 2 * h * h)
        weights += p + 8 * h * h + (radial + offsets + 1) * h + 4 * h * h
        traffic += rows * (15 * w + 12 * w + 32 * h) + edges * 16 * h
        states += w + h if concat else h
    macs += rows * (4 * states * h + 15 * h * h + 9 * h * 14 / (2 if paper else 1))
    weights += 2 * states * h + 15 * h * h
    return 2e-9 * macs * heads, 4e-6 * weights * heads, 4e-6 * traffic * heads


if __name__ == "__main__":
    print("| form | H | N | batch | GFLOP | weights, MB | activations, MB |")
    print("|---|---|---|---|---|---|---|")
    for form, concat, paper, extra in (("concat, paper", 1, 1, 0), ("sum, endpoint", 0, 0, 1)):
        for h in (32, 64, 128, 256):
            for n in (10, 80):
                for b in (1, 8, 32):
                    gflop, weights, activations = step(h, n, b, concat, paper, extra)
                    print(f"| {form} | {h} | {n} | {b} | {gflop:.3g} | {weights:.3g} | {activations:.3g} |")
