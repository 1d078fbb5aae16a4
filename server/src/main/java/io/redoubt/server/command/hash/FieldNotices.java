package io.redoubt.server.command.hash;

import io.redoubt.server.execution.Call;
import io.redoubt.server.keyspace.event.FieldEvents;
import io.redoubt.server.keyspace.event.KeyEvent;

/** Notifies of events of fields of the first key; see {@link FieldEvents}. */
final class FieldNotices {

  private FieldNotices() {}

  /**
   * Notifies of an event of the fields in some arguments.
   *
   * @param end the argument after the last one
   * @param step the number of arguments from a field to the next one
   */
  static void notify(Call call, KeyEvent event, int first, int end, int step) {
    FieldEvents fields = call.beginFields(1, event);
    for (int i = first; i < end && fields.isOpen(); i += step) {
      add(call, fields, i);
    }
    fields.end();
  }

  /** Adds the field of an argument to a notification that has started. */
  static void add(Call call, FieldEvents fields, int fieldArg) {
    fields.add(call.memory(), call.argAddress(fieldArg), call.argLength(fieldArg));
  }
}
