# redis-rb finds the master through sentinels. Arguments: the master's name, the sentinels' ports. Counts under the key
# "redis-rb" on one master until it counts on another, too; then prints "ok".
require "redis"

name, *ports = ARGV
r = Redis.new(
  url: "redis://#{name}",
  sentinels: ports.map { |port| { host: "127.0.0.1", port: port.to_i } },
  role: :master,
  timeout: 2,
)
masters = [] # added before the counter is visible, after which the test may kill the master
counted = false
deadline = Process.clock_gettime(Process::CLOCK_MONOTONIC) + 90
while (masters.uniq.size < 2 || !counted) && Process.clock_gettime(Process::CLOCK_MONOTONIC) < deadline
  counted = false
  begin
    masters << r.info("server")["run_id"]
    r.incr("redis-rb")
    counted = true
  rescue Redis::BaseError
    # The former master is gone.
  end
  sleep 0.02
end
puts masters.uniq.size == 2 && counted ? "ok" : "no other master"
