package io.redoubt.sentinel.command;

import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.session.SessionCall;
import io.redoubt.sentinel.core.Master;
import io.redoubt.sentinel.core.Sentinel;
import io.redoubt.sentinel.runtime.SentinelControl;

/** A command being run by a sentinel. */
public final class SentinelCall extends SessionCall {
  private final SentinelControl control;

  /** Calls of commands for that sentinel. */
  public SentinelCall(SentinelControl control) {
    this.control = control;
  }

  SentinelControl control() {
    return control;
  }

  Sentinel sentinel() {
    return control.sentinel();
  }

  int count() {
    return request().count();
  }

  String text(int index) {
    return request().text(index);
  }

  /** The word as an integer. */
  long number(int index) {
    return number(index, "ERR value is not an integer or out of range");
  }

  /** The word as an integer, or an error of that text. */
  long number(int index, String refusal) {
    try {
      return Long.parseLong(text(index));
    } catch (NumberFormatException e) {
      throw new CommandError(refusal);
    }
  }

  /** The master of that name. */
  Master master(int index) {
    Master master = sentinel().master(text(index));
    if (master == null) {
      throw new CommandError("ERR No such master with that name");
    }
    return master;
  }

  /** Replies OK when what was ordered is on disk, so that it survives a crash. */
  void okWhenSaved() {
    if (!control.isSaved()) {
      throw new CommandError("ERR Failed to save config file on disk, see the log");
    }
    reply().ok();
  }
}
