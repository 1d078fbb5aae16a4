package io.redoubt.sentinel.command;

import io.redoubt.protocol.bytes.Numbers;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.session.command.SessionCall;
import io.redoubt.sentinel.core.Master;
import io.redoubt.sentinel.core.Sentinel;
import io.redoubt.sentinel.runtime.SentinelControl;
import io.redoubt.sentinel.runtime.StateKeeper;

/** The execution of a command by a sentinel. */
public final class SentinelCall extends SessionCall {
  private final SentinelControl control;

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

  long number(int index) {
    return number(index, "ERR value is not an integer or out of range");
  }

  /** Returns the argument as an integer, or throws an error with the text {@code refusal}. */
  long number(int index, String refusal) {
    long number = Numbers.parseLong(text(index), Long.MIN_VALUE);
    if (number == Long.MIN_VALUE) {
      throw new CommandError(refusal);
    }
    return number;
  }

  /** Returns the master named by the argument. */
  Master master(int index) {
    Master master = sentinel().master(text(index));
    if (master == null) {
      throw new CommandError("ERR No such master with that name");
    }
    return master;
  }

  /** Replies OK once the ordered change is durable. */
  void okWhenSaved() {
    whenSettled((reply, kept) -> {
      if (kept) {
        reply.ok();
      } else {
        reply.error("ERR Failed to save config file on disk, see the log");
      }
    });
  }

  /** Replies once no write of the state is pending: at once, or after blocking the client. */
  void whenSettled(StateWait.Answer answer) {
    StateKeeper keeper = control.keeper();
    if (keeper.isSettled()) {
      answer.write(reply(), keeper.isKept());
    } else {
      StateWait wait = new StateWait(client(), answer);
      client().block(wait, 0);
      keeper.whenSettled(wait::onSettled);
    }
  }
}
