package io.redoubt.server.command.stream;

import io.redoubt.protocol.command.CommandError;
import io.redoubt.server.execution.Call;
import io.redoubt.server.value.stream.StreamEntries;
import io.redoubt.server.value.stream.StreamId;
import io.redoubt.server.value.stream.StreamRoot;
import io.redoubt.server.value.stream.Streams;

/**
 * The trimming options of XADD and XTRIM: {@code (MAXLEN | MINID) [= | ~] threshold [LIMIT count]}
 * and the {@link ReferencePolicy}. One instance serves all commands.
 *
 * <p>With DELREF and ACKED entries are deleted one by one, exactly up to the threshold or the limit
 * even if less would do, and propagated so.
 */
final class StreamTrim {
  private static final CommandError TWO_STRATEGIES =
      new CommandError(
          "ERR syntax error, MAXLEN and MINID options at the same time are not compatible");
  private static final CommandError NEGATIVE_LENGTH =
      new CommandError("ERR The MAXLEN argument must be >= 0.");
  private static final CommandError NEGATIVE_LIMIT =
      new CommandError("ERR The LIMIT argument must be >= 0.");
  private static final CommandError LIMIT_OF_NOTHING =
      new CommandError(
          "ERR syntax error, LIMIT cannot be used without specifying a trimming strategy");
  private static final CommandError LIMIT_OF_EXACT =
      new CommandError("ERR syntax error, LIMIT cannot be used without the special ~ option");

  // The default LIMIT of approximate trimming: the entries of a hundred nodes.
  private static final long LIMIT_NODES = 100;
  private static final long LIMIT_WITHOUT_NODES = 10_000;
  private static final long MAX_LIMIT = 1_000_000;

  private static final byte[] EXACT = {'='};

  private enum Strategy {
    NONE,
    LENGTH,
    ID
  }

  private static final byte[] XADD = {'X', 'A', 'D', 'D'};

  private final StreamId minId = new StreamId();
  private final StreamId next = new StreamId();
  private final StreamId end = new StreamId();
  private final StreamDeletion deletion = new StreamDeletion();
  private ReferencePolicy policy = ReferencePolicy.KEEPREF;
  private int policyArg;
  private int omittedArg;
  private int omitted;
  private Strategy strategy = Strategy.NONE;
  private long maxLength;
  private boolean approximate;
  private long limit;
  private boolean isLimited;
  private int thresholdArg;

  /** Resets the options, before each command. */
  void begin() {
    strategy = Strategy.NONE;
    approximate = false;
    isLimited = false;
    limit = 0;
    policy = ReferencePolicy.KEEPREF;
    policyArg = 0;
    omitted = 0;
  }

  /** Omits arguments from the propagated command, which older servers do not know. */
  void omit(int firstArg, int count) {
    omittedArg = firstArg;
    omitted = count;
  }

  /**
   * Parses a trimming option; returns the index of the argument after it, or 0 if it is another
   * option.
   */
  int parse(Call call, int i) {
    int more = call.count() - 1 - i;
    if (more > 0 && call.is(i, "MAXLEN")) {
      return parseThreshold(call, i + 1, Strategy.LENGTH);
    }
    if (more > 0 && call.is(i, "MINID")) {
      return parseThreshold(call, i + 1, Strategy.ID);
    }
    if (more > 0 && call.is(i, "LIMIT")) {
      limit = call.argLong(i + 1);
      if (limit < 0) {
        throw NEGATIVE_LIMIT;
      }
      isLimited = true;
      return i + 2;
    }
    ReferencePolicy named = ReferencePolicy.named(call, i);
    if (named != null && policyArg == 0) {
      policy = named;
      policyArg = i;
      return i + 1;
    }
    return 0;
  }

  private int parseThreshold(Call call, int first, Strategy asked) {
    if (strategy != Strategy.NONE) {
      throw TWO_STRATEGIES;
    }
    strategy = asked;
    thresholdArg = first;
    if (first + 1 < call.count()) {
      approximate = StreamIds.is(call, first, '~');
      thresholdArg += approximate || StreamIds.is(call, first, '=') ? 1 : 0;
    }
    if (asked == Strategy.ID) {
      StreamIds.parse(call, thresholdArg, minId);
    } else {
      maxLength = call.argLong(thresholdArg);
      if (maxLength < 0) {
        throw NEGATIVE_LENGTH;
      }
    }
    return thresholdArg + 1;
  }

  /** Checks the combination of options and computes the limit. */
  void check(Call call) {
    if (limit != 0 && strategy == Strategy.NONE) {
      throw LIMIT_OF_NOTHING;
    }
    if (call.client().isMaster()) {
      limit = 0; // the master propagates an exact threshold
    } else if (isLimited) {
      if (!approximate) {
        throw LIMIT_OF_EXACT;
      }
    } else if (approximate) {
      long nodeEntries = call.settings().encodings.streamNodeMaxEntries.value();
      limit =
          nodeEntries == 0 ? LIMIT_WITHOUT_NODES : Math.min(nodeEntries * LIMIT_NODES, MAX_LIMIT);
    }
  }

  /** Returns true if no trimming was requested. */
  boolean isNone() {
    return strategy == Strategy.NONE;
  }

  /** Returns true if the command can't be propagated as it is. */
  boolean isRewritten() {
    return approximate || policyArg > 0;
  }

  /** Trims a stream; returns the number of entries deleted. */
  long trim(Call call, long root) {
    Streams streams = call.values().streams();
    if (isOneByOne()) {
      return trimOneByOne(call, streams, root);
    }
    return strategy == Strategy.LENGTH
        ? streams.trimToLength(root, maxLength, approximate, limit)
        : streams.trimToId(root, minId, approximate, limit);
  }

  private boolean isOneByOne() {
    return policy != ReferencePolicy.KEEPREF && strategy != Strategy.NONE;
  }

  private long trimOneByOne(Call call, Streams streams, long root) {
    deletion.begin(call);
    next.setFirst();
    end.setLast();
    boolean more = true;
    while (more
        && (strategy == Strategy.ID || StreamRoot.length(root) > maxLength)
        && (limit == 0 || deletion.deleted() < limit)) {
      StreamEntries entries = streams.entries();
      entries.start(root, next, end, false);
      if (!entries.next()) {
        break;
      }
      next.set(entries.id());
      if (strategy == Strategy.ID && next.compare(minId) >= 0) {
        break;
      }
      if (policy.allows(streams, root, next)) {
        deletion.delete(call, root, policy, next);
      }
      more = next.increment();
    }
    deletion.end(call, root);
    return deletion.deleted();
  }

  /**
   * Rewrites the command for replicas: with the id of the entry added and, after approximate
   * trimming, the exact threshold. A policy is left out; its deletions follow one by one.
   *
   * @param idArg the index of the id's argument, 0 for none
   * @param chosen true if the id was not given completely
   */
  void propagate(Call call, long root, int idArg, boolean chosen, StreamId id) {
    if (!call.propagates()) {
      return;
    }
    if (isOneByOne()) {
      if (idArg > 0) {
        var effect = call.propagateAs(call.count() - idArg + 2).word(XADD).argument(1);
        effect.id(id.millis(), id.sequence());
        for (int i = idArg + 1; i < call.count(); i++) {
          effect.argument(i);
        }
      }
      deletion.propagate(call, root, 0);
      return;
    }
    Streams streams = call.values().streams();
    var effect = call.propagateAs(call.count() - omitted - (policyArg > 0 ? 1 : 0));
    for (int i = 0; i < call.count(); i++) {
      if (i > 0 && i == policyArg) {
        continue; // unknown before 8.2
      }
      if (i >= omittedArg && i < omittedArg + omitted) {
        continue;
      }
      if (chosen && i == idArg) {
        effect.id(id.millis(), id.sequence());
      } else if (approximate && i == thresholdArg - 1) {
        effect.word(EXACT);
      } else if (approximate && i == thresholdArg) {
        if (strategy == Strategy.LENGTH) {
          effect.number(StreamRoot.length(root));
        } else {
          streams.firstNodeId(root, minId);
          effect.id(minId.millis(), minId.sequence());
        }
      } else {
        effect.argument(i);
      }
    }
  }
}
