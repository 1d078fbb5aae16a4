package io.redoubt.sentinel.command;

import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.sentinel.runtime.ScriptQueue;

/** The reply of SENTINEL PENDING-SCRIPTS. */
final class PendingScripts {
  private static final int FIELDS = 5;

  private PendingScripts() {}

  static void reply(SentinelCall call) {
    ScriptQueue scripts = call.control().scripts();
    ReplyWriter reply = call.reply();
    reply.array(scripts.jobs().size());
    for (ScriptQueue.Job job : scripts.jobs()) {
      reply.map(FIELDS);
      reply.bulk("argv");
      reply.array(job.command().size());
      job.command().forEach(reply::bulk);
      field(reply, "flags", job.isRunning() ? "running" : "scheduled");
      field(reply, "pid", Long.toString(job.pid()));
      field(
          reply,
          job.isRunning() ? "run-time" : "run-delay",
          Long.toString(job.millis(scripts.nowMillis())));
      field(reply, "retry-num", Integer.toString(job.runs()));
    }
  }

  private static void field(ReplyWriter reply, String name, String value) {
    reply.bulk(name);
    reply.bulk(value);
  }
}
