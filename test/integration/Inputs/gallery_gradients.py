# gallery_gradients.py RONDOC FOLDER: compiles the programs whose options stand in the lines read, and checks the
# derivatives of each.
import subprocess
import sys

for line in sys.stdin:
    model = f"{sys.argv[2]}/gradients"
    subprocess.run([sys.argv[1], *line.split(), "-O1", "-o", model], check=True)
    subprocess.run([model, "gradcheck"], check=True)
