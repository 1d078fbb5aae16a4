package io.redoubt.dist.cli.mode;

import io.redoubt.protocol.resp.ProtocolException;
import java.io.IOException;

/** A special mode, which replaces running commands. */
public interface Mode {
  /**
   * Runs until its work is done, or until the program is interrupted.
   *
   * @return the exit status
   * @throws ModeException if the server refuses something; the message is for the user
   */
  int run() throws IOException, ProtocolException, InterruptedException, ModeException;
}
