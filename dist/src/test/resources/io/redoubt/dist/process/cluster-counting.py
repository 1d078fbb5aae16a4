# redis-py in a cluster. Arguments: a file, a port, keys. Counts under each key in turn until the file exists; an increment is
# acknowledged if a replica has it, too. Then prints, for each key, the numbers of acknowledged and of unknown increments.
import logging
import os
import sys
import time

from redis.cluster import RedisCluster
from redis.exceptions import RedisClusterException, RedisError

logging.disable()  # each redirection is logged as an error
end, port, *keys = sys.argv[1:]
client = RedisCluster("127.0.0.1", int(port), socket_timeout=1, cluster_error_retry_attempts=1)
acknowledged = dict.fromkeys(keys, 0)
unknown = dict.fromkeys(keys, 0)
turn = 0
while not os.path.exists(end):
    key = keys[turn % len(keys)]
    turn += 1
    try:
        client.incr(key)
        node = client.get_node_from_key(key)
        # The pool of a node has one connection, because this is its only user.
        if client.execute_command("WAIT", 1, 1000, target_nodes=node) < 1:
            raise RedisError("no acknowledgement")
        acknowledged[key] += 1
        time.sleep(0.005)
    except (RedisError, RedisClusterException, OSError):
        unknown[key] += 1
        time.sleep(0.02)
for key in keys:
    print(key, acknowledged[key], unknown[key])
