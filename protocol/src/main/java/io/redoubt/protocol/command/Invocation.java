package io.redoubt.protocol.command;

import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.protocol.resp.Request;

/** A running command, reduced to the part that HELP and COMMAND need. */
public interface Invocation {
  /** Returns the request, valid until the command returns. */
  Request request();

  ReplyWriter reply();

  /** Returns the running command; for a container, the subcommand. */
  Command<?> command();
}
