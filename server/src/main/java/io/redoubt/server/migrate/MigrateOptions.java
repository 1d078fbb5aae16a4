package io.redoubt.server.migrate;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.Errors;
import io.redoubt.server.execution.Call;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.memory.Region;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The parsed options of a MIGRATE, and the argument indexes of its existing keys. */
public final class MigrateOptions {
  private static final byte[] AUTH = "AUTH".getBytes(US_ASCII);
  private static final int FIRST_OPTION = 6;
  private static final int DEFAULT_TIMEOUT_MILLIS = 1000;

  private static final CommandError KEY_NOT_EMPTY =
      new CommandError(
          "ERR When using MIGRATE KEYS option, the key argument must be set to the empty string");

  private final String host;
  private final int port;
  private final int timeoutMillis;
  private final long database;
  private final List<Integer> keys = new ArrayList<>();
  private boolean copies;
  private boolean replaces;
  private byte @Nullable [][] authentication;

  /**
   * Parses the running request.
   *
   * @throws CommandError if it is invalid
   */
  public MigrateOptions(Call call) {
    int firstKey = 3;
    int keyCount = 1;
    for (int i = FIRST_OPTION; i < call.count(); i++) {
      int more = call.count() - 1 - i;
      if (call.is(i, "COPY")) {
        copies = true;
      } else if (call.is(i, "REPLACE")) {
        replaces = true;
      } else if (call.is(i, "AUTH") && more >= 1) {
        authentication = new byte[][] {AUTH, bytes(call, ++i)};
      } else if (call.is(i, "AUTH2") && more >= 2) {
        authentication = new byte[][] {AUTH, bytes(call, ++i), bytes(call, ++i)};
      } else if (call.is(i, "KEYS")) {
        if (call.argLength(3) != 0) {
          throw KEY_NOT_EMPTY;
        }
        firstKey = i + 1;
        keyCount = more;
        break;
      } else {
        throw Errors.SYNTAX;
      }
    }
    long timeout = call.argLong(5);
    database = call.argLong(4);
    timeoutMillis =
        timeout <= 0 ? DEFAULT_TIMEOUT_MILLIS : (int) Math.min(timeout, Integer.MAX_VALUE);
    host = call.argText(1);
    port = (int) call.argLong(2);
    for (int i = firstKey; i < firstKey + keyCount; i++) {
      if (call.readQuietly(i) != Entry.NONE) {
        keys.add(i);
      }
    }
  }

  private static byte[] bytes(Call call, int i) {
    return Region.toByteArray(call.argAddress(i), call.argLength(i));
  }

  public String host() {
    return host;
  }

  public int port() {
    return port;
  }

  /** Returns the milliseconds without progress after which the transfer fails. */
  public int timeoutMillis() {
    return timeoutMillis;
  }

  public long database() {
    return database;
  }

  /** Returns the argument indexes of the keys that exist. */
  public List<Integer> keys() {
    return keys;
  }

  /** Returns true for COPY: the keys are kept here. */
  public boolean copies() {
    return copies;
  }

  /** Returns true for REPLACE: existing keys at the target are replaced. */
  public boolean replaces() {
    return replaces;
  }

  /** Returns the AUTH request for the target, or null. */
  public byte @Nullable [][] authentication() {
    return authentication;
  }
}
