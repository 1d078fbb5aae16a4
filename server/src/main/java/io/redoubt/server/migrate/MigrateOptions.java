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

/** The options of a MIGRATE and those of its keys that exist, as indexes of arguments. */
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

  /** Returns the time without progress after which the transfer fails. */
  public int timeoutMillis() {
    return timeoutMillis;
  }

  /** Returns the database of the target. */
  public long database() {
    return database;
  }

  /** Returns the arguments that are keys with a value. */
  public List<Integer> keys() {
    return keys;
  }

  /** Returns true if the keys stay here, too. */
  public boolean copies() {
    return copies;
  }

  /** Returns true if the keys may exist at the target. */
  public boolean replaces() {
    return replaces;
  }

  /** Returns the request that logs in at the target, or null. */
  public byte @Nullable [][] authentication() {
    return authentication;
  }
}
