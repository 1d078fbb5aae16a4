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
masters = []
deadline = Process.clock_gettime(Process::CLOCK_MONOTONIC) + 90
while masters.uniq.size < 2 && Process.clock_gettime(Process::CLOCK_MONOTONIC) < deadline
  begin
    r.incr("redis-rb")
    masters << r.info("server")["run_id"]
  rescue Redis::BaseError
    # The master of before is gone.
  end
  sleep 0.02
end
puts masters.uniq.size == 2 ? "ok" : "no other master"
