# Everyday use of redis-py. Arguments: the port of a server. Prints "ok" after the last check.
import sys
import threading
import time

import redis
from redis.exceptions import LockError, ResponseError, WatchError

r = redis.Redis(port=int(sys.argv[1]), decode_responses=True, socket_timeout=10)
r.flushall()

assert r.set("s", "1", ex=100) and r.incrby("s", 4) == 5 and 0 < r.ttl("s") <= 100
assert r.set("s", "x", nx=True) is None
assert r.hset("h", mapping={"a": "1", "b": "2"}) == 2 and r.hgetall("h") == {"a": "1", "b": "2"}
assert r.zadd("z", {"one": 1, "two": 2}) == 2
assert r.zrange("z", 0, -1, withscores=True) == [("one", 1.0), ("two", 2.0)]

with r.pipeline(transaction=False) as p:
    assert p.set("p", 1).incr("p").lpush("p", 1).get("p").execute(raise_on_error=False)[3] == "2"
with r.pipeline() as p:
    p.watch("s")
    value = int(p.get("s"))
    p.multi()
    p.set("s", value + 1)
    assert p.execute() == [True] and r.get("s") == "6"
    p.watch("s")
    r.set("s", "other")
    p.multi()
    p.set("s", "lost")
    try:
        p.execute()
        raise SystemExit("a watched key changed and EXEC ran")
    except WatchError:
        assert r.get("s") == "other"

sub = r.pubsub()
sub.subscribe("c")
sub.psubscribe("c*")
assert [sub.get_message(timeout=10)["type"] for _ in range(2)] == ["subscribe", "psubscribe"]
assert r.publish("c", "hello") == 2
got = [sub.get_message(timeout=10) for _ in range(2)]
assert [(m["type"], m["data"]) for m in got] == [("message", "hello"), ("pmessage", "hello")]
sub.close()

threading.Timer(0.2, lambda: r.rpush("l", "pushed")).start()
assert r.blpop("l", timeout=10) == ("l", "pushed")
assert r.blpop("l", timeout=1) is None

script = r.register_script("return {KEYS[1], ARGV[1], redis.call('GET', KEYS[1])}")
r.script_flush()
assert script(keys=["s"], args=[7]) == ["s", "7", "other"]

with r.pipeline() as p:
    for i in range(1000):
        p.set("scan:%d" % i, i).hset("hs", str(i), i).sadd("ss", i).zadd("zs", {str(i): i})
    p.execute()
assert len(set(r.scan_iter("scan:*", count=50))) == 1000
assert len(dict(r.hscan_iter("hs"))) == len(set(r.sscan_iter("ss"))) == 1000
assert sum(score for _, score in set(r.zscan_iter("zs"))) == 499500

lock = r.lock("lock", timeout=5)
assert lock.acquire() and not r.lock("lock", timeout=5).acquire(blocking=False)
assert lock.extend(5) and 5 < r.ttl("lock") <= 10 and lock.reacquire()
lock.release()
try:
    lock.release()
    raise SystemExit("a lock was released twice")
except LockError:
    assert not r.exists("lock")

first = r.xadd("st", {"f": "1"})
r.xadd("st", {"f": "2"})
assert r.xgroup_create("st", "g", id="0")
try:
    r.xgroup_create("st", "g", id="0")
    raise SystemExit("a group was created twice")
except ResponseError as e:
    assert str(e) == "BUSYGROUP Consumer Group name already exists"
assert len(r.xreadgroup("g", "one", {"st": ">"}, count=2)[0][1]) == 2
assert r.xack("st", "g", first) == 1 and r.xpending("st", "g")["pending"] == 1
time.sleep(0.01)
assert r.xautoclaim("st", "g", "two", min_idle_time=1)[1][0][1] == {"f": "2"}
assert r.xinfo_groups("st")[0]["consumers"] == 2
print("ok")
