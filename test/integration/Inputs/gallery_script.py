"""tools/gallery as a module: `load(PATH)`."""
import importlib.machinery
import importlib.util


def load(path):
    loader = importlib.machinery.SourceFileLoader("gallery", path)
    loader_spec = importlib.util.spec_from_loader("gallery", loader)
    module = importlib.util.module_from_spec(loader_spec)
    loader.exec_module(module)
    return module
