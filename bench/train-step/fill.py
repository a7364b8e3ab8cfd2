"""The same numbers as fill.ts, which says how they come about."""

import zlib

import numpy


def filled(name, count):
    x = (numpy.uint32(zlib.crc32(name.encode())) + numpy.arange(count, dtype=numpy.uint32) * numpy.uint32(0x9E3779B9)).astype(
        numpy.uint32
    )
    x = (x ^ (x >> numpy.uint32(16))) * numpy.uint32(0x85EBCA6B)
    x = (x ^ (x >> numpy.uint32(13))) * numpy.uint32(0xC2B2AE35)
    x = x ^ (x >> numpy.uint32(16))
    return (x.astype(numpy.float64) / 2.0**31 - 1).astype(numpy.float32)


def filled_integers(name, count, limit):
    scaled = numpy.floor((filled(name, count).astype(numpy.float64) + 1) / 2 * limit)
    return numpy.minimum(limit - 1, scaled).astype(numpy.int64)


def initial_weights(name, count):
    if name.endswith('LayerNorm.weight'):
        return numpy.ones(count, numpy.float32)
    if name.endswith('.bias'):
        return numpy.zeros(count, numpy.float32)
    return filled(name, count) * numpy.float32(0.02 * 3**0.5)
