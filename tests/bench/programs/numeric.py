"""Work with numpy.  See work.py.

Arrays that stay in a core's own cache: how busy its neighbours keep the memory
does not count.
"""
import numpy

import work

random = numpy.random.default_rng(1)
heat = random.random((120, 120))
matrix = random.random((60, 60)) / 30
signal = random.random(8192)


def diffuse(field, steps):
    for _ in range(steps):
        inner = field[1:-1, 1:-1]
        inner += 0.1 * (field[:-2, 1:-1] + field[2:, 1:-1] + field[1:-1, :-2] +
                        field[1:-1, 2:] - 4 * inner)
    return field


def iterate(square, steps):
    vector = numpy.ones(len(square))
    for _ in range(steps):
        vector = square @ vector
        vector /= numpy.linalg.norm(vector)
    return square @ square, vector


def smooth(values, width):
    spectrum = numpy.fft.rfft(values)
    spectrum[width:] = 0
    return numpy.sort(numpy.fft.irfft(spectrum))


def unit():
    return diffuse(heat, 100), iterate(matrix, 300), smooth(signal, 100)


work.main(unit)
