package io.redoubt.protocol.command;

import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.protocol.resp.Request;

/** A command being run, as far as what follows from the declarations (HELP, COMMAND) needs it. */
public interface Invocation {
  /** The request, valid until the command ends. */
  Request request();

  /** Where the reply goes. */
  ReplyWriter reply();

  /** The command that runs: the subcommand, for a container. */
  Command<?> command();
}
