# redis-py finds the master through sentinels. Arguments: the master's name, the sentinels' ports. Counts under the key
# "redis-py" on one master until it counts on another, too; then prints "ok".
import sys
import time

from redis.exceptions import RedisError
from redis.sentinel import Sentinel

name, *ports = sys.argv[1:]
sentinel = Sentinel([("127.0.0.1", int(port)) for port in ports], socket_timeout=2)
master = sentinel.master_for(name, socket_timeout=2)
masters = set()  # added before the counter is visible, after which the test may kill the master
counted = False
end = time.monotonic() + 90
while (len(masters) < 2 or not counted) and time.monotonic() < end:
    counted = False
    try:
        masters.add(master.info("server")["run_id"])
        master.incr("redis-py")
        counted = True
    except RedisError:
        pass  # The former master is gone.
    time.sleep(0.02)
assert len(sentinel.discover_slaves(name)) >= 1
print("ok" if len(masters) == 2 and counted else "no other master")
