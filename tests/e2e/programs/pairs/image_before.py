"""Smooths an image: a loop over all points."""
import numpy


def make_image(size):
    return numpy.random.default_rng(1).random((size, size))


def smooth(image):
    result = image.copy()
    for y in range(1, image.shape[0] - 1):
        for x in range(1, image.shape[1] - 1):
            result[y, x] = (image[y - 1, x] + image[y + 1, x] + image[y, x - 1] +
                            image[y, x + 1]) / 4
    return result


def contrast(image):
    return float(image.max() - image.min())


image = make_image(260)
for _ in range(8):
    image = smooth(image)
print("%.4f" % contrast(image))
