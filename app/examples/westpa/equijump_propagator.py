"""EquiJump as the dynamics of WESTPA: each worker keeps one `equijump serve`, with the model loaded.

west.cfg names it as west.propagation.propagator and has the section west.equijump; see west_serve.cfg.
"""

import atexit
import json
import os
import random
import shlex
import subprocess
import time

import numpy as np
from westpa.core.propagators import WESTPropagator
from westpa.core.segment import Segment
from westpa.core.states import BasisState, InitialState


class EquiJumpPropagator(WESTPropagator):
    def __init__(self, rc=None):
        super().__init__(rc)
        config = self.rc.config
        self.root = os.environ.get("WEST_SIM_ROOT", ".")
        self.structure = config["west", "equijump", "structure"]
        self.native = config.get(["west", "equijump", "native"], self.structure)
        self.jumps = int(config["west", "equijump", "jumps"])
        self.coordinates = list(config["west", "equijump", "coordinates"])
        flags = shlex.split(os.environ.get("EQUIJUMP_FLAGS", ""))
        self.command = [os.environ.get("EQUIJUMP", "equijump"), "serve", "--device", "cpu", *flags]
        self.server = None

    def ask(self, **request):
        """One request, one answer. Workers are forked; each starts a server of its own."""
        if self.server is None or self.server[0] != os.getpid():
            process = subprocess.Popen(
                self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=self.root
            )
            atexit.register(process.kill)
            self.server = (os.getpid(), process)
        process = self.server[1]
        process.stdin.write(json.dumps(request) + "\n")
        process.stdin.flush()
        line = process.stdout.readline()
        if not line:
            raise RuntimeError("equijump serve has ended; its last words are on standard error")
        answer = json.loads(line)
        if not answer["ok"]:
            raise RuntimeError(answer["error"]["message"])
        return answer

    def path(self, n_iter, seg_id):
        return os.path.join("traj_segs", f"{n_iter:06}", f"{seg_id:06}.dcd")

    def get_pcoord(self, state):
        """Of a basis state, or of an initial state made from one."""
        basis = state.basis_state if isinstance(state, InitialState) else state
        structure = os.path.join("bstates", basis.auxref) if isinstance(basis, BasisState) else self.structure
        answer = self.ask(structure=structure, native=self.native, jumps=0, coordinates=self.coordinates)
        state.pcoord = np.array(answer["values"][0])

    def propagate(self, segments):
        for segment in segments:
            started = time.time()
            out = self.path(segment.n_iter, segment.seg_id)
            os.makedirs(os.path.join(self.root, os.path.dirname(out)), exist_ok=True)
            request = {}
            if segment.initpoint_type == Segment.SEG_INITPOINT_CONTINUES:
                request["start"] = f"{self.path(segment.n_iter - 1, segment.parent_id)}:{self.jumps}"
            answer = self.ask(
                structure=self.structure,
                native=self.native,
                jumps=self.jumps,
                seed=random.getrandbits(32),
                coordinates=self.coordinates,
                out=out,
                overwrite=True,
                **request,
            )
            segment.pcoord = np.array(answer["values"])
            segment.status = Segment.SEG_STATUS_COMPLETE
            segment.walltime = time.time() - started
        return segments
