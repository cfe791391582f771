// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// llvm dialect -> LLVM IR with the entries of abi.h.

#include "tools/codegen/Entries.h"

#include "runtime/abi.h"
#include "tools/codegen/LongEntries.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InlineAsm.h"
#include "llvm/IR/IntrinsicsX86.h"

using namespace llvm;
using namespace rondo;

/// Sets the control word of floating-point arithmetic (MXCSR) from the variable `word`.
static void setFloatControl(IRBuilder<> &builder, Value *word) {
  builder.CreateIntrinsic(Intrinsic::x86_sse_ldmxcsr, {}, {word});
}

/// The body of an entry (abi.h): `callee` on the buffers that an array holds, with denormals flushed to zero: a
/// decaying gradient would otherwise slow the arithmetic down a hundred times. The caller's mode is restored. A long
/// callee takes the array itself.
static Function *createBody(Module &module, Function *callee, bool isLong, const Twine &name) {
  LLVMContext &context = module.getContext();
  PointerType *pointer = PointerType::getUnqual(context);
  Type *number = Type::getInt64Ty(context);
  auto *type = FunctionType::get(Type::getVoidTy(context), {pointer, pointer, number, number}, false);
  auto *function = Function::Create(type, GlobalValue::InternalLinkage, name, module);
  unsigned last = teamArguments(*callee), buffers = callee->arg_size() - last;
  IRBuilder<> builder(BasicBlock::Create(context, "", function));
  SmallVector<Value *> arguments;
  if (isLong)
    arguments.push_back(function->getArg(0));
  for (unsigned i = 0; i < buffers && !isLong; ++i)
    arguments.push_back(builder.CreateLoad(pointer, builder.CreateConstGEP1_32(pointer, function->getArg(0), i)));
  for (unsigned i = 0; i < last; ++i)
    arguments.push_back(function->getArg(1 + i));
  constexpr uint32_t flushToZero = 1 << 15, denormalsAreZero = 1 << 6;
  Value *saved = builder.CreateAlloca(builder.getInt32Ty()), *flushing = builder.CreateAlloca(builder.getInt32Ty());
  builder.CreateIntrinsic(Intrinsic::x86_sse_stmxcsr, {}, {saved});
  Value *word = builder.CreateLoad(builder.getInt32Ty(), saved);
  builder.CreateStore(builder.CreateOr(word, flushToZero | denormalsAreZero), flushing);
  setFloatControl(builder, flushing);
  // Not inlined: no arithmetic may move out from between the two changes of the mode.
  builder.CreateCall(callee, arguments)->setIsNoInline();
  setFloatControl(builder, saved);
  builder.CreateRetVoid();
  return function;
}

/// Tells LLVM that buffers of a call never overlap (abi.h), and that those of a shared function change at barriers:
/// without this, `noalias` says that no other code than the function's own writes them. Generates no instruction.
static void describeBuffers(Function &function) {
  IRBuilder<> builder(&*function.getEntryBlock().getFirstInsertionPt());
  auto *type = FunctionType::get(builder.getVoidTy(), {builder.getPtrTy()}, false);
  InlineAsm *nothing = InlineAsm::get(type, "", "r,~{memory}", /*hasSideEffects=*/true);
  unsigned last = teamArguments(function);
  for (Argument &argument : drop_end(function.args(), last))
    if (argument.getType()->isPointerTy()) {
      argument.addAttr(Attribute::NoAlias);
      if (last)
        builder.CreateCall(nothing, {&argument});
    }
}

/// PREFIX_program (runtime/abi.h). All else is internal.
static void createInterface(Module &module, ArrayRef<EntryFunction> entries, ArrayRef<rondo::ConstantArray> constants,
                            StringRef description, StringRef prefix) {
  LLVMContext &context = module.getContext();
  PointerType *pointer = PointerType::getUnqual(context);
  Type *number = Type::getInt64Ty(context);
  auto *row = StructType::get(context, {pointer, pointer, number});
  auto create = [&](Constant *value, const Twine &name, GlobalValue::LinkageTypes linkage) {
    return new GlobalVariable(module, value->getType(), true, linkage, value, name);
  };
  auto createString = [&](StringRef text, const Twine &name) {
    return create(ConstantDataArray::getString(context, text), name, GlobalValue::PrivateLinkage);
  };
  for (GlobalObject &object : module.global_objects())
    if (!object.isDeclaration())
      object.setLinkage(GlobalValue::InternalLinkage);
  SmallVector<Constant *> rows;
  for (const EntryFunction &entry : entries) {
    Function *callee = module.getFunction(entry.symbol);
    bool isLong = isLongEntry(*callee);
    if (isLong)
      callee = cutLongEntry(*callee);
    else
      describeBuffers(*callee);
    rows.push_back(ConstantStruct::get(row, {createString(entry.name, prefix + "_name_" + entry.name),
                                             createBody(module, callee, isLong, prefix + "_body_" + entry.name),
                                             ConstantInt::get(number, teamArguments(*callee) ? 1 : 0)}));
  }
  rows.push_back(ConstantAggregateZero::get(row));
  auto createTable = [&](StructType *row, ArrayRef<Constant *> rows, const Twine &name) {
    Constant *table = llvm::ConstantArray::get(ArrayType::get(row, rows.size()), rows);
    return create(table, name, GlobalValue::PrivateLinkage);
  };
  auto *array = StructType::get(context, {pointer, pointer, pointer});
  Constant *null = ConstantPointerNull::get(pointer);
  // Entries take buffers that are aligned to 64 bytes.
  auto createNumbers = [&](Constant *numbers) {
    GlobalVariable *variable = create(numbers, prefix + "_numbers", GlobalValue::PrivateLinkage);
    variable->setAlignment(Align(64));
    return variable;
  };
  SmallVector<Constant *> arrays;
  for (const rondo::ConstantArray &constant : constants) {
    SmallVector<float> singles(constant.f32 ? constant.numbers : ArrayRef<double>());
    Constant *f32 = constant.f32 ? createNumbers(ConstantDataArray::get(context, singles)) : null;
    Constant *f64 = constant.f64 ? createNumbers(ConstantDataArray::get(context, constant.numbers)) : null;
    arrays.push_back(ConstantStruct::get(array, {createString(constant.name, prefix + "_constant"), f32, f64}));
  }
  arrays.push_back(ConstantAggregateZero::get(array));
  create(ConstantStruct::getAnon(
             {ConstantInt::get(number, RONDO_ABI_VERSION), createString(description, prefix + "_json"),
              createTable(row, rows, prefix + "_entries"), createTable(array, arrays, prefix + "_constants")}),
         prefix + "_program", GlobalValue::ExternalLinkage);
}

/// LLVM IR has no place for what a function's interface says in the dialect; it is in the description.
static void dropInterfaceAttributes(mlir::ModuleOp module) {
  for (auto function : module.getOps<mlir::LLVM::LLVMFuncOp>()) {
    SmallVector<mlir::DictionaryAttr> attributes;
    function.getAllArgAttrs(attributes);
    for (mlir::DictionaryAttr &dictionary : attributes)
      if (dictionary) {
        auto kept = to_vector(make_filter_range(dictionary, [](mlir::NamedAttribute attribute) {
          return !attribute.getName().strref().starts_with("rondo.");
        }));
        dictionary = mlir::DictionaryAttr::get(module.getContext(), kept);
      }
    function.setAllArgAttrs(attributes);
  }
}

std::unique_ptr<Module> rondo::translateModel(mlir::ModuleOp module, ArrayRef<EntryFunction> entries,
                                              ArrayRef<rondo::ConstantArray> constants, StringRef description,
                                              StringRef prefix, TargetMachine &machine, LLVMContext &context,
                                              mlir::TimingScope &timing) {
  mlir::registerBuiltinDialectTranslation(*module->getContext());
  mlir::registerLLVMDialectTranslation(*module->getContext());
  dropInterfaceAttributes(module);
  mlir::TimingScope scope = timing.nest("translate");
  std::unique_ptr<Module> result = mlir::translateModuleToLLVMIR(module, context, "rondo");
  if (!result)
    return nullptr;
  result->setDataLayout(machine.createDataLayout());
  result->setTargetTriple(machine.getTargetTriple());
  createInterface(*result, entries, constants, description, prefix);
  for (Function &function : *result)
    if (!function.isDeclaration()) {
      function.addFnAttr("target-cpu", machine.getTargetCPU());
      function.addFnAttr("target-features", machine.getTargetFeatureString());
      // Some CPUs are tuned to avoid their own widest registers; the tiles are planned for them.
      function.addFnAttr("prefer-vector-width", "512");
      function.addFnAttr("min-legal-vector-width", "512");
    }
  return result;
}
