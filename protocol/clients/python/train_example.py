"""A training loop as PyTorch programs have it, which gives way when told and loses no step.

    python3 train_example.py --socket /run/ballast/ballast.sock --workload trainer --token-file token --steps 1000

Put your model's `train_step`, `save` and `load` in the places marked. The checkpoint is written beside and renamed, so
that a kill in mid-write leaves the one before.
"""

import argparse
import json
import os
import time

from ballast_job import Job


def main():
    given = arguments()
    step = load(given.checkpoint)
    with open(given.token_file, encoding="utf-8") as file:
        token = file.readline().strip()
    job = Job(given.socket, given.workload, token, checkpoint_s=given.checkpoint_s)
    # What the GPUs draw in the coming minute lets the agent plan; say it again when it changes.
    if given.power_w and job.wait_registered(5):
        job.hint([(0, 60, given.power_w)])
    while step < given.steps:
        notice = job.must_rest()
        if notice:
            save(given.checkpoint, step)
            print(json.dumps({"rests_at": step, "deadline": notice["deadline"]}), flush=True)
            job.rest()
            print(json.dumps({"runs_at": step}), flush=True)
        train_step(given.step_s)
        step += 1
    save(given.checkpoint, step)
    print(json.dumps({"done": step}), flush=True)
    job.close()


def train_step(seconds):
    """Yours: forward, backward, optimiser.step()."""
    time.sleep(seconds)


def save(path, step):
    """Yours: torch.save({"step": step, "model": ..., "optimiser": ...}, beside)."""
    beside = path + ".new"
    with open(beside, "w", encoding="utf-8") as file:
        json.dump({"step": step}, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, path)


def load(path):
    """Yours: torch.load(path). Returns the step to go on from."""
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)["step"]
    except FileNotFoundError:
        return 0


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--socket", required=True)
    parser.add_argument("--workload", required=True)
    parser.add_argument("--token-file", required=True)
    parser.add_argument("--checkpoint", default="checkpoint.json")
    parser.add_argument("--checkpoint-s", type=float, default=5, help="how long saving takes")
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--step-s", type=float, default=0.1)
    parser.add_argument("--power-w", type=float, help="what the GPUs are about to draw")
    return parser.parse_args()


if __name__ == "__main__":
    main()
