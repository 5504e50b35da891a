"""The messages of the Open Inference Protocol over gRPC, as tables.

The definition is a public interface (https://kserve.github.io/website/docs/concepts/architecture/data-plane/v2-protocol);
tests hold these tables against the modules that KServe's and Triton's clients ship. There is no generated code, and the
messages live in a pool of their own: whoever imports those clients beside this module defines the same names again,
which protobuf refuses within one pool.
"""

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

PACKAGE = "inference"
SERVICE = f"{PACKAGE}.GRPCInferenceService"

_TYPES: dict[str, Any] = {
    "bool": 8,
    "string": 9,
    "bytes": 12,
    "int32": 5,
    "int64": 3,
    "uint32": 13,
    "uint64": 4,
    "float": 2,
    "double": 1,
}
"""Names of `google.protobuf.FieldDescriptorProto.Type`; everything else is a message."""
_PARAMETERS = "map InferParameter parameters"

MESSAGES: dict[str, str] = {
    "ServerLiveRequest": "",
    "ServerLiveResponse": "1 bool live",
    "ServerReadyRequest": "",
    "ServerReadyResponse": "1 bool ready",
    "ModelReadyRequest": "1 string name, 2 string version",
    "ModelReadyResponse": "1 bool ready",
    "ServerMetadataRequest": "",
    "ServerMetadataResponse": "1 string name, 2 string version, 3 repeated string extensions",
    "ModelMetadataRequest": "1 string name, 2 string version",
    "ModelMetadataResponse.TensorMetadata": "1 string name, 2 string datatype, 3 repeated int64 shape",
    "ModelMetadataResponse": "1 string name, 2 repeated string versions, 3 string platform, "
    "4 repeated ModelMetadataResponse.TensorMetadata inputs, 5 repeated ModelMetadataResponse.TensorMetadata outputs",
    "InferParameter": "1 oneof bool bool_param, 2 oneof int64 int64_param, 3 oneof string string_param, "
    "4 oneof double double_param, 5 oneof uint64 uint64_param",
    "InferTensorContents": "1 repeated bool bool_contents, 2 repeated int32 int_contents, "
    "3 repeated int64 int64_contents, 4 repeated uint32 uint_contents, 5 repeated uint64 uint64_contents, "
    "6 repeated float fp32_contents, 7 repeated double fp64_contents, 8 repeated bytes bytes_contents",
    "ModelInferRequest.InferInputTensor": "1 string name, 2 string datatype, 3 repeated int64 shape, "
    f"4 {_PARAMETERS}, 5 InferTensorContents contents",
    "ModelInferRequest.InferRequestedOutputTensor": f"1 string name, 2 {_PARAMETERS}",
    "ModelInferRequest": f"1 string model_name, 2 string model_version, 3 string id, 4 {_PARAMETERS}, "
    "5 repeated ModelInferRequest.InferInputTensor inputs, "
    "6 repeated ModelInferRequest.InferRequestedOutputTensor outputs, 7 repeated bytes raw_input_contents",
    "ModelInferResponse.InferOutputTensor": "1 string name, 2 string datatype, 3 repeated int64 shape, "
    f"4 {_PARAMETERS}, 5 InferTensorContents contents",
    "ModelInferResponse": f"1 string model_name, 2 string model_version, 3 string id, 4 {_PARAMETERS}, "
    "5 repeated ModelInferResponse.InferOutputTensor outputs, 6 repeated bytes raw_output_contents",
    "RepositoryIndexRequest": "1 string repository_name, 2 bool ready",
    "RepositoryIndexResponse.ModelIndex": "1 string name, 2 string version, 3 string state, 4 string reason",
    "RepositoryIndexResponse": "1 repeated RepositoryIndexResponse.ModelIndex models",
    # Triton numbers the model's name 2, behind a repository's; KServe has no repository and numbers it 1.
    "RepositoryModelLoadRequest": "1 string repository_name, 2 string model_name",
    "RepositoryModelLoadResponse": "1 string model_name, 2 bool isLoaded",
    "RepositoryModelUnloadRequest": "1 string repository_name, 2 string model_name",
    "RepositoryModelUnloadResponse": "1 string model_name, 2 bool isUnloaded",
}
"""Message -> its fields, `<number> [repeated|oneof|map] <type> <name>`; a message comes behind those inside it."""

METHODS = (
    "ServerLive", "ServerReady", "ModelReady", "ServerMetadata", "ModelMetadata", "ModelInfer", "RepositoryIndex",
    "RepositoryModelLoad", "RepositoryModelUnload",
)  # fmt: skip
"""Each takes `<method>Request` and gives `<method>Response`."""


def build() -> dict[str, Any]:
    """Message name -> class."""
    file = descriptor_pb2.FileDescriptorProto(name="faultcast_inference.proto", package=PACKAGE, syntax="proto3")
    made: dict[str, descriptor_pb2.DescriptorProto] = {}
    for name in sorted(MESSAGES, key=lambda name: name.count(".")):
        outer, _, inner = name.rpartition(".")
        message = made[outer].nested_type.add(name=inner) if outer else file.message_type.add(name=inner)
        made[name] = message
        for field in filter(None, MESSAGES[name].split(", ")):
            _add_field(message, name, field.split())
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{PACKAGE}.{name}")) for name in MESSAGES}


def _add_field(message: descriptor_pb2.DescriptorProto, owner: str, words: list[str]) -> None:
    number, *how, kind, name = words
    field = message.field.add(name=name, number=int(number), label=3 if how and how[0] in ("repeated", "map") else 1)
    if how == ["map"]:
        # proto3 writes a map as repeated entries of key and value.
        entry = message.nested_type.add(name=f"{name.capitalize()}Entry")
        entry.options.map_entry = True
        entry.field.add(name="key", number=1, label=1, type=_TYPES["string"])
        entry.field.add(name="value", number=2, label=1, type=11, type_name=f".{PACKAGE}.{kind}")
        kind = f"{owner}.{entry.name}"
    if how == ["oneof"]:
        if not message.oneof_decl:
            message.oneof_decl.add(name="parameter_choice")
        field.oneof_index = 0
    if kind in _TYPES:
        field.type = _TYPES[kind]
    else:
        field.type, field.type_name = 11, f".{PACKAGE}.{kind}"
