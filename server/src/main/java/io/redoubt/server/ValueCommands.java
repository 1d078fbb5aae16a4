package io.redoubt.server;

import io.redoubt.protocol.command.CommandTable;
import io.redoubt.server.command.BitfieldCommands;
import io.redoubt.server.command.BitmapCommands;
import io.redoubt.server.command.CounterCommands;
import io.redoubt.server.command.ExpireCommands;
import io.redoubt.server.command.GenericCommands;
import io.redoubt.server.command.GeoCommands;
import io.redoubt.server.command.HashCommands;
import io.redoubt.server.command.HashExpiryCommands;
import io.redoubt.server.command.HashIterationCommands;
import io.redoubt.server.command.HyperLogLogCommands;
import io.redoubt.server.command.ListCommands;
import io.redoubt.server.command.ListMoveCommands;
import io.redoubt.server.command.LongestCommonSubsequence;
import io.redoubt.server.command.ObjectCommands;
import io.redoubt.server.command.ScanCommands;
import io.redoubt.server.command.SetAlgebraCommands;
import io.redoubt.server.command.SetCommands;
import io.redoubt.server.command.SortCommands;
import io.redoubt.server.command.SortedSetAlgebraCommands;
import io.redoubt.server.command.SortedSetCommands;
import io.redoubt.server.command.SortedSetPopCommands;
import io.redoubt.server.command.SortedSetRangeCommands;
import io.redoubt.server.command.StreamClaimCommands;
import io.redoubt.server.command.StreamCommands;
import io.redoubt.server.command.StreamGroupCommands;
import io.redoubt.server.command.StreamInfoCommands;
import io.redoubt.server.command.StreamReadCommands;
import io.redoubt.server.command.StringCommands;
import io.redoubt.server.execution.Call;

/** The groups of commands that need nothing but their call: those on keys and values. */
final class ValueCommands {

  private ValueCommands() {}

  static void addTo(CommandTable<Call> table) {
    table.add(
        new StringCommands(),
        new CounterCommands(),
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
        new HashIterationCommands(),
        new GeoCommands(),
        new StreamCommands(),
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
