"""What a framework keeps of what it compiles is made before the first timed run of a network."""

import argparse
import dataclasses
import subprocess
import sys
from pathlib import Path
from typing import Optional

from scripts.core import record, training_spec
from scripts.core.paths import own_command
from scripts.training import session, timing
from scripts.training.frameworks import registry
from scripts.training.machine import compile_cache, core_affinity
from scripts.training.supervision.lifeline import die_with_parent


def compiled_file(args: argparse.Namespace, spec: training_spec.TrainingSpec) -> Optional[Path]:
    """Give the file that is there once the network was compiled; None if the framework keeps nothing.

    Neither the seed nor the number of epochs is compiled.
    """
    training = {**spec.training, "epochs": 0}
    compiled = dataclasses.replace(spec, seed=0, training=training).digest
    parts = [args.framework, args.implementation, args.settings, args.device, compiled]
    return compile_cache.file_of(registry.module(args.framework), parts)


def fill_cache(args: argparse.Namespace) -> None:
    """Compile in a process of its own, if this network was never compiled here.

    A failure is left to the run itself, which meets it too.
    """
    file = compiled_file(args, training_spec.read(args.network))
    if file and compile_cache.first_s(file) is None:
        command = own_command("train", *sys.argv[1:], "--compile-only")
        subprocess.run(command, preexec_fn=die_with_parent, check=False)


def compile_only(args: argparse.Namespace) -> None:
    """Build and compile, and keep what that cost. What predictions need is compiled, too."""
    spec = training_spec.read(args.network)
    session.set_threads(args.threads, args.device, args.thread_wait)
    lease, claim = session.take_gpu(args.device), core_affinity.take_cores(args.threads)
    opened = session.open_session(args, spec, lease, claim)
    _, trainer = session.load_and_build(opened, args.fold)
    compile_s, _ = timing.compile_seconds(trainer)
    trainer.predict()
    file, seconds = compiled_file(args, spec), opened.building.seconds + compile_s
    if file:
        record.write_json({"first_s": seconds}, file)
    print(f"{args.framework}: {args.dataset}: {seconds:.1f} s to build and compile for the first time")
