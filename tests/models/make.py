"""Makes the networks and samples of this directory (pip install onnx numpy)."""

import zipfile

import numpy as np
import onnx
from numpy.lib import format as npy
from onnx import TensorProto, helper, numpy_helper

random = np.random.default_rng(1)


def save(name, shape, classes, nodes, weights):
    graph = helper.make_graph(
        nodes,
        name,
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, *shape])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, classes])],
        [
            numpy_helper.from_array(random.normal(0, 0.3, shape).astype(np.float32), name)
            for name, shape in weights.items()
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, f"{name}.onnx")


def samples(name, **arrays):
    """As numpy.savez_compressed, but the same bytes every time."""
    with zipfile.ZipFile(f"{name}.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        for key, array in arrays.items():
            with archive.open(zipfile.ZipInfo(f"{key}.npy"), "w") as file:
                npy.write_array(file, array)


def node(op, inputs, output, **attributes):
    return helper.make_node(op, inputs.split(), [output], name=output, **attributes)


save(
    "tiny",
    [1, 8, 8],
    3,
    [
        node("Conv", "x conv.weight conv.bias", "conv", pads=[1, 1, 1, 1]),
        node("Relu", "conv", "relu"),
        node("MaxPool", "relu", "pool", kernel_shape=[2, 2], strides=[2, 2]),
        node("Flatten", "pool", "flat"),
        node("Gemm", "flat dense.weight dense.bias", "logits", transB=1),
    ],
    {
        "conv.weight": [4, 1, 3, 3],
        "conv.bias": [4],
        "dense.weight": [3, 64],
        "dense.bias": [3],
    },
)
save(
    "unsupported",
    [1, 8, 8],
    3,
    [
        node("Conv", "x conv.weight", "conv"),
        node("Elu", "conv", "activation"),
        node("LRN", "activation", "norm", size=3),
        node("Relu", "norm", "relu"),
        node("DepthToSpace", "relu", "grow", blocksize=2),
        node("Flatten", "grow", "flat"),
        node("Gemm", "flat dense.weight", "logits", transB=1),
    ],
    {"conv.weight": [4, 1, 3, 3], "dense.weight": [3, 144]},
)

images = random.integers(0, 256, [8, 1, 8, 8]).astype(np.uint8)
labels = random.integers(0, 3, 8)
samples("samples", x=images, y=labels)
samples("shape", x=images[..., :6], y=labels)
samples("labels", x=images, y=np.where(np.arange(8) == 5, 3, labels))
samples("double", x=images / 255, y=labels)
nan = (images / 255).astype(np.float32)
nan[5, 0, 2, 7] = np.nan
samples("nan", x=nan, y=labels)
samples("empty", x=images[:0], y=labels[:0])
samples("few", x=images[:3], y=labels[:3])
samples("one_class", x=np.tile(images, [8, 1, 1, 1]), y=np.ones(64, int))
samples("names", images=images, labels=labels)
# A bright bar in one of three places: what the tiny network can be trained on.
ground = random.integers(0, 60, [240, 1, 8, 8])
classes = np.arange(240) % 3
bar = (np.arange(8) // 3 == classes[:, None])[:, None, :, None]
samples("bars", x=(ground + 180 * bar).astype(np.uint8), y=classes.astype(np.uint8))
with open("text.onnx", "w") as file:
    file.write("version https://git-lfs.github.com/spec/v1\n")
