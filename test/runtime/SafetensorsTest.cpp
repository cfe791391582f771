// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Weight files: what is written is read back; malformed files give worded errors and touch no foreign memory.
#include "runtime/Safetensors.h"

#include <gtest/gtest.h>
#include <string>

using namespace rondo;

/// The bytes of a file with this header and data.
static std::string fileOf(const std::string &header, const std::string &data) {
  std::string bytes;
  for (int i = 0; i < 8; ++i)
    bytes += static_cast<char>(header.size() >> (8 * i));
  return bytes + header + data;
}

static std::string errorOf(const std::string &bytes) {
  // Exactly as much memory as the file has, so that a sanitizer sees every step beyond.
  void *memory = malloc(bytes.size() ? bytes.size() : 1);
  memcpy(memory, bytes.data(), bytes.size());
  TensorFile file;
  Error error;
  bool good = file.parse(static_cast<const uint8_t *>(memory), bytes.size(), error);
  double sum = 0;
  for (const NamedTensor &tensor : file.tensors)
    for (int64_t i = 0; good && i < tensor.value.count(); ++i)
      sum += tensor.value.get(i);
  EXPECT_EQ(sum, sum);
  free(memory);
  return good ? "" : error.message();
}

static const std::string twoTensors = R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
                                      R"("b":{"dtype":"I64","shape":[],"data_offsets":[8,16]}})";

TEST(Safetensors, WritesWhatItReads) {
  float a[6] = {1, 2, 3, 4, 5, 6};
  double b = -0.5;
  Shape matrix;
  matrix.add(2);
  matrix.add(3);
  List<NamedTensor> tensors;
  tensors.add({"w.\"x\"", {a, Type::F32, matrix}});
  tensors.add({"\xc3\xa9", {&b, Type::F64, Shape()}});
  List<NamedText> metadata;
  metadata.add({"k", "v\n"});
  std::string path = testing::TempDir() + "rondo-safetensors-test";
  Error error;
  ASSERT_TRUE(writeTensorFile(path.c_str(), tensors, metadata, error)) << error.message();
  TensorFile file;
  ASSERT_TRUE(file.read(path.c_str(), error)) << error.message();
  remove(path.c_str());
  ASSERT_EQ(file.tensors.size(), 2u);
  const Buffer *first = file.find("w.\"x\""), *second = file.find("\xc3\xa9");
  ASSERT_TRUE(first && second);
  EXPECT_TRUE(first->shape == matrix);
  EXPECT_EQ(first->get(5), 6);
  EXPECT_EQ(second->get(0), -0.5);
  ASSERT_TRUE(file.findText("k"));
  EXPECT_TRUE(*file.findText("k") == "v\n");
  EXPECT_EQ(file.findText("x"), nullptr);
}

TEST(Safetensors, AcceptsEmptyTensorsAndOddAlignment) {
  EXPECT_EQ(errorOf(fileOf(twoTensors, std::string(16, 0))), "");
  EXPECT_EQ(errorOf(fileOf(twoTensors + " ", std::string(16, 0))), "");
  EXPECT_EQ(errorOf(fileOf(R"({"a":{"dtype":"F64","shape":[0,5],"data_offsets":[0,0]}})", "")), "");
  EXPECT_EQ(errorOf(fileOf("{}", "")), "");
}

TEST(Safetensors, RejectsTruncatedFiles) {
  EXPECT_EQ(errorOf("abc"), "has 3 bytes, expected at least 8: it is no safetensors file");
  std::string whole = fileOf(twoTensors, std::string(16, 0));
  for (size_t i = 0; i < whole.size(); ++i)
    EXPECT_NE(errorOf(whole.substr(0, i)), "") << i;
  EXPECT_EQ(errorOf(whole.substr(0, whole.size() - 1)),
            "tensor 'b': bytes 8 to 16 do not lie in the data, which has 15 bytes");
  EXPECT_EQ(errorOf(whole + "x"), "the tensors end at byte 16 of the data, which has 17 bytes");
}

TEST(Safetensors, RejectsZipArchivesByName) {
  EXPECT_EQ(errorOf(std::string("PK\x03\x04", 4) + std::string(60, 0)),
            "found a zip archive, as numpy.savez and torch.save write them, expected safetensors: arrays by name as "
            "safetensors.numpy.save_file writes them");
}

TEST(Safetensors, RejectsHugeHeaderLengths) {
  std::string bytes = fileOf("{}", "");
  bytes.replace(0, 8, std::string(8, '\xff'));
  EXPECT_EQ(errorOf(bytes), "the header's length 18446744073709551615 is more than the file holds (10 bytes): it is "
                            "truncated or no safetensors file");
}

/// One tensor with this description over 8 bytes of data.
static std::string errorOfTensor(const std::string &description) {
  return errorOf(fileOf("{\"a\":" + description + "}", std::string(8, 0)));
}

TEST(Safetensors, RejectsMalformedTensors) {
  EXPECT_EQ(errorOfTensor("3"), "tensor 'a': expected an object, found a number");
  EXPECT_EQ(errorOfTensor(R"({"dtype":"F7","shape":[2],"data_offsets":[0,8]})"), "tensor 'a': unknown dtype 'F7'");
  EXPECT_EQ(errorOfTensor(R"({"dtype":4,"shape":[2],"data_offsets":[0,8]})"),
            "tensor 'a': expected \"dtype\" with a string");
  EXPECT_EQ(errorOfTensor(R"({"dtype":"F32","shape":2,"data_offsets":[0,8]})"),
            "tensor 'a': expected \"shape\" with an array");
  for (const char *size : {"-2", "2.0", "\"2\"", "1e0"})
    EXPECT_EQ(errorOfTensor(std::string(R"({"dtype":"F32","shape":[)") + size + R"(],"data_offsets":[0,8]})"),
              "tensor 'a': expected sizes from 0 on in \"shape\"");
  EXPECT_EQ(errorOfTensor(R"({"dtype":"F32","shape":[3],"data_offsets":[0,8]})"),
            "tensor 'a': shape [3] of F32 needs 12 bytes, found 8");
  EXPECT_EQ(errorOfTensor(R"({"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,8]})"),
            "tensor 'a': shape [4611686018427387904, 4] is too large");
  EXPECT_EQ(errorOfTensor(R"({"dtype":"F32","shape":[2],"data_offsets":[8,0]})"),
            "tensor 'a': bytes 8 to 0 do not lie in the data, which has 8 bytes");
  EXPECT_EQ(errorOfTensor(R"({"dtype":"F32","shape":[2],"data_offsets":[0,9223372036854775807]})"),
            "tensor 'a': bytes 0 to 9223372036854775807 do not lie in the data, which has 8 bytes");
  EXPECT_EQ(errorOfTensor(R"({"dtype":"F32","shape":[2],"data_offsets":[0]})"),
            "tensor 'a': expected \"data_offsets\" with two offsets from 0 on");
  EXPECT_EQ(errorOfTensor(R"({"dtype":"F32","shape":[2],"data_offsets":[0,8],"x":1})"),
            "tensor 'a': unknown field 'x'");
  EXPECT_EQ(errorOfTensor(R"({"dtype":"U8","shape":[1,1,1,1,1,1,1,1,8],"data_offsets":[0,8]})"),
            "tensor 'a': has 9 dimensions, expected 8 at most");
}

TEST(Safetensors, RejectsOverlapsAndGaps) {
  auto two = [](const char *first, const char *second) {
    std::string header = std::string(R"({"a":{"dtype":"U8","shape":[8],"data_offsets":)") + first +
                         R"(},"b":{"dtype":"U8","shape":[8],"data_offsets":)" + second + "}}";
    return errorOf(fileOf(header, std::string(16, 0)));
  };
  EXPECT_EQ(two("[8,16]", "[0,8]"), "");
  EXPECT_EQ(errorOf(fileOf("{}", "abc")), "no tensor covers the data, which has 3 bytes");
  EXPECT_EQ(two("[0,8]", "[4,12]"), "tensor 'b' begins at byte 4 of the data, expected 8: tensors overlap");
  EXPECT_EQ(two("[0,8]", "[0,8]"), "tensor 'b' begins at byte 0 of the data, expected 8: tensors overlap");
  EXPECT_EQ(errorOf(fileOf(R"({"a":{"dtype":"U8","shape":[8],"data_offsets":[4,12]}})", std::string(12, 0))),
            "tensor 'a' begins at byte 4 of the data, expected 0: tensors leave a gap");
}

TEST(Safetensors, RejectsMalformedHeaders) {
  EXPECT_EQ(errorOf(fileOf("[]", "")), "expected the header to begin with '{'");
  EXPECT_EQ(errorOf(fileOf("{\"a\":}", "")), "header: byte 5: expected a value, found '}'");
  EXPECT_EQ(errorOf(fileOf("{\"\xff\":1}", "")), "header: byte 2: expected UTF-8, found '\\xff'");
  EXPECT_EQ(errorOf(fileOf(R"({"a":1,"a":2})", "")), "header: byte 0: the name 'a' appears twice in one object");
  EXPECT_EQ(errorOf(fileOf(R"({"__metadata__":null})", "")), "");
  EXPECT_EQ(errorOf(fileOf(R"({"__metadata__":[]})", "")), "__metadata__: expected an object, found an array");
  EXPECT_EQ(errorOf(fileOf(R"({"__metadata__":{"a":1}})", "")), "__metadata__: expected strings, found a number");
}

TEST(Safetensors, EveryChangedByteIsHandled) {
  std::string whole = fileOf(twoTensors, std::string(16, 0));
  for (size_t i = 0; i < whole.size(); ++i)
    for (int byte = 0; byte < 256; ++byte) {
      std::string changed = whole;
      changed[i] = static_cast<char>(byte);
      errorOf(changed); // must come back, without touching foreign memory
    }
}
