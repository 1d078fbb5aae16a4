package io.redoubt.protocol.acl;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.KeyVisitor;
import io.redoubt.protocol.resp.Request;
import java.util.Arrays;

/** The keys of the request that is being checked, found once for all selectors of its user. */
final class RequestKeys implements KeyVisitor {
  private static final int FIRST_ROOM = 8;

  /** A longer array is not kept for the next request. */
  private static final int MAX_ROOM_KEPT = 1024;

  private int[] arguments = new int[FIRST_ROOM];
  private int[] flags = new int[FIRST_ROOM];
  private int count;
  private boolean found;

  /** Forgets the keys of the request before. */
  void clear() {
    count = 0;
    found = false;
    if (arguments.length > MAX_ROOM_KEPT) {
      arguments = new int[FIRST_ROOM];
      flags = new int[FIRST_ROOM];
    }
  }

  /** Finds the keys of a request unless that is done; returns their number. */
  int find(Command<?> command, Request request) {
    if (!found) {
      found = true;
      command.keySpecs().forEach(request, this);
    }
    return count;
  }

  @Override
  public void key(int argument, int keyFlags) {
    if (count == arguments.length) {
      arguments = Arrays.copyOf(arguments, 2 * count);
      flags = Arrays.copyOf(flags, 2 * count);
    }
    arguments[count] = argument;
    flags[count] = keyFlags;
    count++;
  }

  /** Returns the index of an argument that is a key. */
  int argument(int key) {
    return arguments[key];
  }

  /** Returns the bits of {@code KeyFlag} of a key. */
  int flags(int key) {
    return flags[key];
  }
}
