package io.redoubt.server.command.admin;

import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.server.execution.Call;
import java.util.Locale;

/** DEBUG PROTOCOL: a reply of each type of RESP, for tests of clients. */
final class SampleReplies {
  private SampleReplies() {}

  /** Replies with a value of the requested type. */
  static void protocol(Call call) {
    ReplyWriter reply = call.reply();
    String type = call.argText(2).toLowerCase(Locale.ROOT);
    switch (type) {
      case "string" -> reply.bulk("Hello World");
      case "integer" -> reply.integer(12345);
      case "double" -> reply.doubleValue(3.141);
      case "null" -> reply.nil();
      case "array" -> {
        reply.array(3);
        numbers(reply);
      }
      case "set" -> {
        reply.set(3);
        numbers(reply);
      }
      case "map" -> {
        reply.map(3);
        for (int i = 0; i < 3; i++) {
          reply.integer(i);
          reply.bool(i == 1);
        }
      }
      case "attrib" -> attribute(reply);
      case "push" -> {
        if (reply.resp() < 3) {
          throw new CommandError("ERR RESP2 is not supported by this command");
        }
        reply.push(2);
        reply.bulk("server-cpu-usage");
        reply.integer(42);
        // A push message does not count as a reply; without one the client would wait forever.
        reply.bulk("Some real reply following the push reply");
      }
      case "verbatim" -> reply.verbatim("txt", "This is a verbatim\nstring");
      case "true" -> reply.bool(true);
      case "false" -> reply.bool(false);
      case "bignum" -> reply.bigNumber("1234567999999999999999999999999999999");
      default ->
          throw new CommandError(
              "ERR Wrong protocol type name. Please use one of the following:"
                  + " string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false");
    }
  }

  private static void numbers(ReplyWriter reply) {
    for (int i = 0; i < 3; i++) {
      reply.integer(i);
    }
  }

  private static void attribute(ReplyWriter reply) {
    if (reply.resp() >= 3) {
      reply.attribute(1);
      reply.bulk("key-popularity");
      reply.array(2);
      reply.bulk("key:123");
      reply.integer(90);
    }
    reply.bulk("Some real reply following the attribute");
  }
}
