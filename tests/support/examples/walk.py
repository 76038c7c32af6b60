"""Random walks on a grid: how far from home does a drunkard get?

    python3 walk.py [WALKERS]

Each part of the program spends its time in another way, which is what the line
table of `prec --cli walk.py` shows: Python loops, a sort and a hash (native),
random bytes from the kernel (system) and a pause (system, too).
"""
import hashlib
import math
import os
import random
import sys
import time

STEPS = 200


def walk(steps):
    """One walker; the squared distance from home after some steps."""
    x = y = 0
    for _ in range(steps):
        direction = random.random()
        if direction < 0.25:
            x += 1
        elif direction < 0.5:
            x -= 1
        elif direction < 0.75:
            y += 1
        else:
            y -= 1
    return x * x + y * y


def median(distances):
    """Sorts many times over, to have something native to see."""
    for seed in range(6):
        shuffled = distances * 8
        random.Random(seed).shuffle(shuffled)
        ordered = sorted(shuffled)
    return ordered[len(ordered) // 2]


def seal(distances):
    """A fingerprint of the result, hardened by many rounds."""
    text = ",".join(map(str, distances)).encode()
    return hashlib.pbkdf2_hmac("sha256", text, b"walk", 250_000).hex()


def noise(megabytes):
    """True random bytes, which only the kernel has."""
    return sum(len(os.urandom(1 << 20)) for _ in range(megabytes))


def main():
    walkers = int(sys.argv[1]) if len(sys.argv) > 1 else 12000
    random.seed(1905)
    distances = [walk(STEPS) for _ in range(walkers)]
    mean = math.sqrt(sum(distances) / len(distances))
    print(f"{walkers} walkers, {STEPS} steps")
    print(f"mean distance   {mean:6.2f}   (theory says {math.sqrt(STEPS):.2f})")
    print(f"median distance {math.sqrt(median(distances)):6.2f}")
    print(f"fingerprint     {seal(distances)[:16]}")
    print(f"random bytes    {noise(100)}")
    time.sleep(0.2)


if __name__ == "__main__":
    main()
