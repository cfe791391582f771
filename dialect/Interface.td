// Part of Rondo, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What a model's function says of itself: the roles of its arguments and results, and which entry of the binary it is.

#ifndef RONDO_INTERFACE_TD
#define RONDO_INTERFACE_TD

include "dialect/RondoDialect.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"

/// A role, by the attribute that gives it to an argument or result.
class Rondo_RoleCase<string name, int number> : I32EnumCase<name, number, "rondo." # name>;

def Rondo_Role : I32Enum<"Role", "what an argument or result of a model's function is", [
    Rondo_RoleCase<"parameter", 0>, Rondo_RoleCase<"state", 1>, Rondo_RoleCase<"input", 2>,
    Rondo_RoleCase<"target", 3>, Rondo_RoleCase<"seed", 4>, Rondo_RoleCase<"start", 5>, Rondo_RoleCase<"loss", 6>,
    Rondo_RoleCase<"output", 7>, Rondo_RoleCase<"gradient", 8>, Rondo_RoleCase<"moment1", 9>,
    Rondo_RoleCase<"moment2", 10>, Rondo_RoleCase<"step", 11>, Rondo_RoleCase<"rate", 12>, Rondo_RoleCase<"norm", 13>,
    Rondo_RoleCase<"packed", 14>, Rondo_RoleCase<"arena", 15>, Rondo_RoleCase<"loss_part", 16>,
    Rondo_RoleCase<"lengths", 17>, Rondo_RoleCase<"position", 18>,
    Rondo_RoleCase<"length", 19>, Rondo_RoleCase<"cotangent", 20>, Rondo_RoleCase<"state_cotangent", 21>,
    Rondo_RoleCase<"input_gradient", 22>, Rondo_RoleCase<"state_gradient", 23>,
    Rondo_RoleCase<"held", 24>, Rondo_RoleCase<"moment3", 25>, Rondo_RoleCase<"average", 26>]> {
  let cppNamespace = "::rondo";
}

def Rondo_EntryKind : I32Enum<"EntryKind", "what an entry of the binary computes", [
    I32EnumCase<"train", 0>, I32EnumCase<"train_grad", 1>, I32EnumCase<"score", 2>, I32EnumCase<"run", 3>,
    I32EnumCase<"update", 4>, I32EnumCase<"pack", 5>, I32EnumCase<"vjp", 6>]> {
  let cppNamespace = "::rondo";
}

def Rondo_EntryAttr : AttrDef<Rondo_Dialect, "Entry"> {
  let mnemonic = "entry";
  let summary = "which entry of the binary a function is";
  let description = [{
    What the entry computes, the number of sequences and of steps that one call takes, and the type of its real
    numbers. A function with this attribute is an entry, and no other one is.

    ```mlir
    func.func @score(%x: tensor<8x1x4xf32> {rondo.input = "x"}) -> (tensor<8x1x4xf32> {rondo.output = "y"})
        attributes {rondo.entry = #rondo.entry<score, batch = 1, length = 8, f32>} {
      return %x : tensor<8x1x4xf32>
    }
    ```
  }];
  let parameters = (ins EnumParameter<Rondo_EntryKind>:$kind, "int64_t":$batch, "int64_t":$length,
                        "::mlir::Type":$element);
  let assemblyFormat = "`<` $kind `,` `batch` `=` $batch `,` `length` `=` $length `,` $element `>`";
  let genVerifyDecl = 1;
}

#endif // RONDO_INTERFACE_TD
