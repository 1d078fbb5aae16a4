package io.redoubt.protocol.session.command;

import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.protocol.bytes.Numbers;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.Errors;
import io.redoubt.protocol.resp.Request;
import io.redoubt.protocol.session.Client;
import io.redoubt.protocol.session.ClientRegistry;
import io.redoubt.protocol.session.TrackedClients;
import io.redoubt.protocol.session.Tracking;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.NavigableSet;
import org.jspecify.annotations.Nullable;

/** The options of one CLIENT TRACKING, checked in Redis' order. */
final class TrackingOptions {
  private static final CommandError ONE_REDIRECT =
      new CommandError("ERR A client can only redirect to a single other client");
  private static final CommandError NO_REDIRECT =
      new CommandError("ERR The client ID you want redirect to does not exist");
  private static final CommandError PREFIX_NEEDS_BCAST =
      new CommandError("ERR PREFIX option requires BCAST mode to be enabled");
  private static final CommandError BCAST_SWITCH =
      new CommandError(
          "ERR You can't switch BCAST mode on/off before disabling tracking for this client, and"
              + " then re-enabling it with a different mode.");
  private static final CommandError NOT_WITH_BCAST =
      new CommandError("ERR OPTIN and OPTOUT are not compatible with BCAST");
  private static final CommandError BOTH =
      new CommandError("ERR You can't specify both OPTIN mode and OPTOUT mode");
  private static final CommandError OPT_SWITCH =
      new CommandError(
          "ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and"
              + " then re-enabling it with a different mode.");

  private boolean broadcast;
  private boolean optIn;
  private boolean optOut;
  private boolean noLoop;
  private long redirectId;
  private final List<ByteString> prefixes = new ArrayList<>();

  /** Reads the options of CLIENT TRACKING, which start at argument 3. */
  TrackingOptions(Request request, ClientRegistry registry) {
    int count = request.count();
    for (int i = 3; i < count; i++) {
      boolean hasValue = i + 1 < count;
      if (request.is(i, "REDIRECT") && hasValue) {
        redirect(request, ++i, registry);
      } else if (request.is(i, "BCAST")) {
        broadcast = true;
      } else if (request.is(i, "OPTIN")) {
        optIn = true;
      } else if (request.is(i, "OPTOUT")) {
        optOut = true;
      } else if (request.is(i, "NOLOOP")) {
        noLoop = true;
      } else if (request.is(i, "PREFIX") && hasValue) {
        prefixes.add(request.string(++i));
      } else {
        throw Errors.SYNTAX;
      }
    }
  }

  private void redirect(Request request, int i, ClientRegistry registry) {
    if (redirectId != 0) {
      throw ONE_REDIRECT;
    }
    redirectId =
        Numbers.parseLong(request.memory(), request.offset(i), request.length(i), Long.MIN_VALUE);
    if (redirectId == Long.MIN_VALUE) {
      throw Errors.NOT_INTEGER;
    }
    if (registry.byId(redirectId) == null) {
      throw NO_REDIRECT;
    }
  }

  /** Turns tracking on, unless the options contradict each other or the present mode. */
  void apply(Client client, TrackedClients trackedClients) {
    Tracking now = client.tracking();
    check(now);
    trackedClients.start(
        client, new Tracking.Mode(broadcast, optIn, optOut, noLoop, redirectId), prefixes);
  }

  private void check(@Nullable Tracking now) {
    if (!broadcast && !prefixes.isEmpty()) {
      throw PREFIX_NEEDS_BCAST;
    }
    if (now != null && now.mode().broadcast() != broadcast) {
      throw BCAST_SWITCH;
    }
    if (broadcast && (optIn || optOut)) {
      throw NOT_WITH_BCAST;
    }
    if (optIn && optOut) {
      throw BOTH;
    }
    if (now != null && ((optIn && now.mode().optOut()) || (optOut && now.mode().optIn()))) {
      throw OPT_SWITCH;
    }
    if (broadcast) {
      refuseOverlaps(now);
    }
  }

  private void refuseOverlaps(@Nullable Tracking now) {
    int[] pair = firstOverlappingPair();
    int checked = pair == null ? prefixes.size() : pair[0] + 1;
    for (int i = 0; now != null && i < checked; i++) {
      ByteString existing = overlap(now.prefixes(), prefixes.get(i));
      if (existing != null) {
        throw overlaps(prefixes.get(i), "an existing", existing);
      }
    }
    if (pair != null) {
      throw overlaps(prefixes.get(pair[0]), "another provided", prefixes.get(pair[1]));
    }
  }

  /**
   * Returns the indexes of two given prefixes that overlap, or null. A prefix that overlaps with
   * any other also overlaps with its neighbour in sorted order, so that the time is not quadratic.
   */
  private int @Nullable [] firstOverlappingPair() {
    Integer[] order = new Integer[prefixes.size()];
    Arrays.setAll(order, i -> i);
    Arrays.sort(order, Comparator.comparing(prefixes::get));
    int[] found = null;
    for (int i = 1; i < order.length; i++) {
      int first = Math.min(order[i - 1], order[i]);
      int second = Math.max(order[i - 1], order[i]);
      if ((found == null || first < found[0])
          && overlap(prefixes.get(first), prefixes.get(second))) {
        found = new int[] {first, second};
      }
    }
    return found;
  }

  private static @Nullable ByteString overlap(
      NavigableSet<ByteString> existing, ByteString prefix) {
    ByteString before = existing.floor(prefix);
    if (before != null && !existing.first().isEmpty()) {
      return overlap(before, prefix) ? before : after(existing, prefix);
    }
    return before == null ? after(existing, prefix) : existing.first();
  }

  private static @Nullable ByteString after(NavigableSet<ByteString> existing, ByteString prefix) {
    ByteString after = existing.ceiling(prefix);
    return after != null && overlap(after, prefix) ? after : null;
  }

  private static boolean overlap(ByteString one, ByteString other) {
    int shorter = Math.min(one.length(), other.length());
    for (int i = 0; i < shorter; i++) {
      if (one.byteAt(i) != other.byteAt(i)) {
        return false;
      }
    }
    return true;
  }

  private static CommandError overlaps(ByteString prefix, String which, ByteString other) {
    return new CommandError(
        "ERR Prefix '"
            + prefix
            + "' overlaps with "
            + which
            + " prefix '"
            + other
            + "'. Prefixes for a single client must not overlap.");
  }
}
