"""PyTorch's side of fresh-step.ts."""

import json
import os
import re
import resource
import sys
import time

from torch_step import torch, training_of


def peak_bytes():
    """As processFacts of harness/process-facts.ts."""
    if sys.platform == 'linux':
        with open('/proc/self/status') as status:
            return int(re.search(r'^VmHWM:\s+(\d+) kB$', status.read(), re.MULTILINE).group(1)) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == 'darwin' else peak * 1024


options = json.loads(sys.argv[1])
step = training_of(options, int(os.environ.get('QKV_THREADS', 2)))
for _ in range(options['steps']):
    step()
ended_at = time.time() * 1000
told = {'endedAt': ended_at} if options['tells'] == 'end' else {'value': peak_bytes() / 1e6}
print(json.dumps({**told, 'versions': {'torch': torch.__version__}}))
sys.stdout.flush()
os._exit(0)
