# Everyday use of redis-rb. Arguments: the port of a server. Prints "ok" after the last check.
require "redis"

def check(actual, expected)
  raise "#{actual.inspect} instead of #{expected.inspect}" unless actual == expected
end

r = Redis.new(port: ARGV[0].to_i, timeout: 10)
other = Redis.new(port: ARGV[0].to_i, timeout: 10)
r.flushall

check(r.set("s", "1", ex: 100), "OK")
check(r.incrby("s", 4), 5)
check(r.set("s", "x", nx: true), false)
r.mapped_hmset("h", "a" => "1", "b" => "2")
check(r.hgetall("h"), { "a" => "1", "b" => "2" })
check(r.zadd("z", [[1, "one"], [2.5, "two"]]), 2)
check(r.zrange("z", 0, -1, with_scores: true), [["one", 1.0], ["two", 2.5]])

check(r.pipelined { |p| p.set("p", 1); p.incr("p"); p.get("p") }, ["OK", 2, "2"])
check(r.watch("s") { r.multi { |m| m.incr("s") } }, [6])
check(r.watch("s") { other.set("s", "other"); r.multi { |m| m.set("s", "lost") } }, nil)
check(r.get("s"), "other")

got = []
other.subscribe("c") do |on|
  on.subscribe { |_, _| r.publish("c", "hello") }
  on.message { |channel, text| got << [channel, text]; other.unsubscribe("c") }
end
check(got, [["c", "hello"]])

pusher = Thread.new { sleep 0.2; other.rpush("l", "pushed") }
check(r.blpop("l", timeout: 10), ["l", "pushed"])
pusher.join
check(r.blpop("l", timeout: 1), nil)

sha = r.script(:load, "return {KEYS[1], ARGV[1]}")
check(r.evalsha(sha, ["k"], ["v"]), ["k", "v"])

r.pipelined { |p| 1000.times { |i| p.set("scan:#{i}", i) } }
check(r.scan_each(match: "scan:*", count: 50).to_a.uniq.size, 1000)

first = r.xadd("st", { "f" => "1" })
r.xadd("st", { "f" => "2" })
check(r.xgroup(:create, "st", "g", "0"), "OK")
check(r.xreadgroup("g", "one", "st", ">", count: 2)["st"].size, 2)
check(r.xack("st", "g", first), 1)
check(r.xpending("st", "g")["size"], 1)
begin
  r.lpush("s", 1)
  raise "a list command ran on a string"
rescue Redis::CommandError => e
  check(e.message[0, 9], "WRONGTYPE")
end
puts "ok"
