package io.redoubt.server.execution;

import io.redoubt.protocol.bytes.Numbers;
import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.resp.Request;

/** The database that MOVE or COPY names besides the selected one. */
public final class OtherDatabase {
  private static final int MOVE_DATABASE = 2;
  private static final int COPY_OPTIONS = 3;

  private OtherDatabase() {}

  /** Returns true if a request names another database. */
  static boolean isNamed(Command<?> command, Request request) {
    return argument(command, request) > 0;
  }

  /** Returns the argument that names another database, 0 if there is none. */
  public static int argument(Command<?> command, Request request) {
    if (command.name().equals("move")) {
      return request.count() > MOVE_DATABASE ? MOVE_DATABASE : 0;
    }
    if (command.name().equals("copy")) {
      for (int i = COPY_OPTIONS; i + 1 < request.count(); i++) {
        if (request.is(i, "DB")) {
          return i + 1;
        }
      }
    }
    return 0;
  }

  /** Returns the index in an argument of a request, -1 if it is none. */
  public static int index(Request request, int argument) {
    long index =
        Numbers.parseLong(request.memory(), request.offset(argument), request.length(argument), -1);
    return index >= 0 && index <= Integer.MAX_VALUE ? (int) index : -1;
  }
}
