"""Runs a test with tensors that offer C nothing, as those of PyTorch before 2.10."""
import pathlib
import runpy
import sys

import torch

if hasattr(torch.Tensor, "__dlpack_c_exchange_api__"):
    del torch.Tensor.__dlpack_c_exchange_api__
program = str(pathlib.Path(__file__).with_name(sys.argv.pop(1)))
sys.argv[0] = program
runpy.run_path(program, run_name="__main__")
