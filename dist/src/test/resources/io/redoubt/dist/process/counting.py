# redis-py finds the master through sentinels. Arguments: the master's name, a file, the sentinels' ports. Counts under the
# key "redis-py" until the file exists; then prints the numbers of acknowledged increments and of those with an unknown outcome.
import os
import sys
import time

from redis.exceptions import RedisError
from redis.sentinel import Sentinel

name, end, *ports = sys.argv[1:]
sentinel = Sentinel([("127.0.0.1", int(port)) for port in ports], socket_timeout=1)
master = sentinel.master_for(name, socket_timeout=1)
acknowledged = unknown = 0
while not os.path.exists(end):
    try:
        master.incr("redis-py")
        acknowledged += 1
        time.sleep(0.005)
    except RedisError:
        unknown += 1
        time.sleep(0.02)
print(acknowledged, unknown)
