// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Collects the passes' remarks and prints them by source line.

#include "tools/compiler/RemarkPrinter.h"

#include "mlir/IR/Remarks.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace rondo;

class RemarkPrinter::Listener : public remark::detail::MLIRRemarkStreamerBase {
public:
  explicit Listener(RemarkPrinter &printer) : printer(printer) {}

  void streamOptimizationRemark(const remark::detail::Remark &remark) override {
    std::string text =
        (remark.getRemarkType() == llvm::remarks::Type::Missed ? "not " : "") + remark.getRemarkName().str() + ":";
    for (const auto &argument : remark.getArgs())
      text += " " + argument.val;
    std::set<std::pair<std::string, unsigned>> places;
    remark.getLocation()->walk([&](Location location) {
      if (auto place = dyn_cast<FileLineColLoc>(location))
        places.emplace(llvm::sys::path::filename(place.getFilename()).str(), place.getLine());
      return WalkResult::advance();
    });
    std::lock_guard<std::mutex> lock(printer.mutex);
    printer.functionsOf[{places, text}].insert(remark.getFunction().str());
  }

private:
  RemarkPrinter &printer;
};

void RemarkPrinter::listen(MLIRContext &context) {
  remark::RemarkCategories categories;
  categories.passed = categories.missed = "rondo";
  if (failed(remark::enableOptimizationRemarks(context, std::make_unique<Listener>(*this),
                                               std::make_unique<remark::RemarkEmittingPolicyAll>(), categories)))
    llvm_unreachable("a listener in memory cannot fail to start");
}

void RemarkPrinter::print(llvm::raw_ostream &os, llvm::function_ref<bool(StringRef)> shows) const {
  for (const auto &[line, all] : functionsOf) {
    std::vector<StringRef> functions;
    llvm::copy_if(all, std::back_inserter(functions), shows);
    if (functions.empty())
      continue;
    const auto &[places, text] = line;
    std::string file;
    for (const auto &[name, number] : places) {
      os << (name == file ? "," : (file.empty() ? "" : " ") + name + ":") << number;
      file = name;
    }
    os << (places.empty() ? "(no line)" : "") << ": " << text << " (" << llvm::join(functions, ", ") << ")\n";
  }
}
