// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Weights that become a part of a program: what is packed depends on the code that packs, so that is run.

#include "tools/codegen/EmbedWeights.h"

#include "runtime/LibraryImage.h"
#include "tools/codegen/EmitObject.h"
#include "tools/codegen/LinkLibrary.h"

#include "llvm/IR/Constants.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include <dlfcn.h>

using namespace llvm;
using namespace rondo;

/// Calls the library's function, for the size or for the image.
static std::string callLibrary(void *library, const MemoryBuffer &file, const char *layout,
                               SmallVectorImpl<char> &image) {
  auto *make = reinterpret_cast<decltype(&rondo_model_image)>(dlsym(library, "rondo_model_image"));
  if (!make)
    return "cannot pack the weights: " + std::string(dlerror());
  size_t bytes = 0;
  std::string words(2048, 0);
  for (bool isSize : {true, false}) {
    image.resize(bytes);
    if (make(file.getBufferStart(), file.getBufferSize(), layout, isSize ? nullptr : image.data(), &bytes, words.data(),
             words.size()))
      return ("cannot embed '" + file.getBufferIdentifier() + "': " + words.c_str()).str();
  }
  return "";
}

/// Lets a shared library that has the function rondo_model_image (runtime/LibraryImage.h) pack the weights of a file.
static std::string packWeights(StringRef library, StringRef weights, const char *layout, SmallVectorImpl<char> &image) {
  auto file = MemoryBuffer::getFile(weights, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (std::error_code error = file.getError())
    return ("cannot read '" + weights + "': " + error.message()).str();
  void *handle = dlopen(library.str().c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle)
    return "cannot pack the weights: " + std::string(dlerror());
  std::string error = callLibrary(handle, **file, layout, image);
  dlclose(handle);
  return error;
}

/// Makes the object that gives a program such an image.
static std::string emitImage(ArrayRef<char> image, TargetMachine &machine, SmallVectorImpl<char> &object) {
  LLVMContext context;
  Module module("weights", context);
  module.setDataLayout(machine.createDataLayout());
  module.setTargetTriple(machine.getTargetTriple());
  Constant *bytes = ConstantDataArray::getString(context, StringRef(image.data(), image.size()), /*AddNull=*/false);
  auto *data = new GlobalVariable(module, bytes->getType(), true, GlobalValue::PrivateLinkage, bytes, "image");
  data->setAlignment(Align(64));
  Constant *pointer = ConstantStruct::getAnon({data});
  new GlobalVariable(module, pointer->getType(), true, GlobalValue::ExternalLinkage, pointer, "rondo_library_image");
  raw_svector_ostream os(object);
  return emitMachineCode(module, machine, CodeGenFileType::ObjectFile, os) ? "" : "the target cannot emit objects";
}

std::string rondo::embedWeights(StringRef tool, StringRef weights, const char *layout, TemporaryFiles &objects,
                                TargetMachine &machine) {
  TemporaryFiles without;
  for (int i = 0; i < 2; ++i)
    if (std::string error = without.add(""); !error.empty())
      return error;
  StringRef object = without.names[0], library = without.names[1];
  SmallVector<char, 0> image, bytes;
  std::string error = linkLibraryObject(tool, objects.names, {"image"}, functionPrefix, object);
  if (error.empty())
    error = linkSharedLibrary(tool, object, sys::path::filename(library), {}, functionPrefix, library);
  if (error.empty())
    error = packWeights(library, weights, layout, image);
  if (error.empty())
    error = emitImage(image, machine, bytes);
  return error.empty() ? objects.add(StringRef(bytes.data(), bytes.size())) : error;
}
