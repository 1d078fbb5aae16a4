package io.redoubt.server.assembly;

import io.redoubt.protocol.command.CommandGroup;
import io.redoubt.server.command.bitmap.BitfieldCommands;
import io.redoubt.server.command.bitmap.BitmapCommands;
import io.redoubt.server.command.geo.GeoCommands;
import io.redoubt.server.command.hash.HashCommands;
import io.redoubt.server.command.hash.HashExpiryCommands;
import io.redoubt.server.command.hash.HashFieldCommands;
import io.redoubt.server.command.hash.HashIterationCommands;
import io.redoubt.server.command.hyperloglog.HyperLogLogCommands;
import io.redoubt.server.command.key.ExpireCommands;
import io.redoubt.server.command.key.GenericCommands;
import io.redoubt.server.command.key.ObjectCommands;
import io.redoubt.server.command.key.ScanCommands;
import io.redoubt.server.command.key.SortCommands;
import io.redoubt.server.command.list.ListCommands;
import io.redoubt.server.command.list.ListMoveCommands;
import io.redoubt.server.command.set.SetAlgebraCommands;
import io.redoubt.server.command.set.SetCommands;
import io.redoubt.server.command.sortedset.SortedSetAlgebraCommands;
import io.redoubt.server.command.sortedset.SortedSetCommands;
import io.redoubt.server.command.sortedset.SortedSetPopCommands;
import io.redoubt.server.command.sortedset.SortedSetRangeCommands;
import io.redoubt.server.command.stream.IdempotencyCommands;
import io.redoubt.server.command.stream.StreamClaimCommands;
import io.redoubt.server.command.stream.StreamCommands;
import io.redoubt.server.command.stream.StreamDeletionCommands;
import io.redoubt.server.command.stream.StreamGroupCommands;
import io.redoubt.server.command.stream.StreamInfoCommands;
import io.redoubt.server.command.stream.StreamReadCommands;
import io.redoubt.server.command.stream.StreamReleaseCommands;
import io.redoubt.server.command.string.BoundedCounterCommand;
import io.redoubt.server.command.string.ConditionalDeletionCommands;
import io.redoubt.server.command.string.CounterCommands;
import io.redoubt.server.command.string.LongestCommonSubsequence;
import io.redoubt.server.command.string.MultipleSetCommand;
import io.redoubt.server.command.string.SetCommand;
import io.redoubt.server.command.string.StringCommands;
import io.redoubt.server.execution.Call;
import java.util.List;

/** The groups of commands on keys and values, which need nothing but their call. */
final class ValueCommands {

  private ValueCommands() {}

  static List<CommandGroup<Call>> all() {
    return List.of(
        new StringCommands(),
        new SetCommand(),
        new ConditionalDeletionCommands(),
        new MultipleSetCommand(),
        new CounterCommands(),
        new BoundedCounterCommand(),
        new LongestCommonSubsequence(),
        new BitmapCommands(),
        new BitfieldCommands(),
        new HyperLogLogCommands(),
        new ListCommands(),
        new ListMoveCommands(),
        new SortedSetCommands(),
        new SortedSetRangeCommands(),
        new SortedSetPopCommands(),
        new HashCommands(),
        new HashExpiryCommands(),
        new HashFieldCommands(),
        new HashIterationCommands(),
        new GeoCommands(),
        new StreamCommands(),
        new StreamDeletionCommands(),
        new StreamReleaseCommands(),
        new IdempotencyCommands(),
        new StreamReadCommands(),
        new StreamGroupCommands(),
        new StreamClaimCommands(),
        new StreamInfoCommands(),
        new SetCommands(),
        new SetAlgebraCommands(),
        new SortedSetAlgebraCommands(),
        new GenericCommands(),
        new ExpireCommands(),
        new ScanCommands(),
        new SortCommands(),
        new ObjectCommands());
  }
}
