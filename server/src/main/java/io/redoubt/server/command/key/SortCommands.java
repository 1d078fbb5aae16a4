package io.redoubt.server.command.key;

import static io.redoubt.protocol.command.Flag.DENYOOM;
import static io.redoubt.protocol.command.Flag.READONLY;
import static io.redoubt.protocol.command.Flag.WRITE;
import static io.redoubt.protocol.command.KeyFlag.ACCESS;
import static io.redoubt.protocol.command.KeyFlag.OW;
import static io.redoubt.protocol.command.KeyFlag.RO;
import static io.redoubt.protocol.command.KeyFlag.UPDATE;

import io.redoubt.protocol.command.Category;
import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandGroup;
import io.redoubt.protocol.command.Group;
import io.redoubt.protocol.command.KeySpec;
import io.redoubt.protocol.command.KeyVisitor;
import io.redoubt.protocol.resp.Request;
import io.redoubt.server.execution.Call;

/** SORT and SORT_RO. */
public final class SortCommands extends CommandGroup<Call> {
  private static final String COST =
      "O(N+M*log(M)), N the number of elements, M the number of returned ones; O(N)"
          + " if they are not sorted";
  private static final KeySpec BY_AND_GET =
      KeySpec.unknown()
          .note(
              "For the optional BY/GET keyword. It is marked 'unknown' because the key names derive"
                  + " from the content of the key we sort")
          .is(RO, ACCESS);
  private static final KeySpec STORE =
      KeySpec.unknown()
          .note(
              "For the optional STORE keyword. It is marked 'unknown' because the keyword can"
                  + " appear anywhere in the argument array")
          .is(OW, UPDATE);

  final Command<Call> sort =
      command(
              "SORT key [BY pattern{by-pattern, key 1, pattern}]"
                  + " [LIMIT offset count]{limit} [GET pattern{get-pattern, key 1, pattern}]..."
                  + " [ASC | DESC]{order} [ALPHA]{sorting} [STORE destination{key 2}]")
          .does("Sorts the elements of a list, set or sorted set, and may store the result.")
          .since("1.0.0")
          .costs(COST)
          .is(WRITE, DENYOOM)
          .categories(Category.SET, Category.SORTEDSET, Category.LIST, Category.DANGEROUS)
          .keys(RO, ACCESS)
          .keys(BY_AND_GET, STORE)
          .keys(SortCommands::keysOfSort)
          .runs(call -> new Sorting(call, true).run());

  final Command<Call> sortRo =
      command(
              "SORT_RO key [BY pattern{by-pattern, key 1, pattern}]"
                  + " [LIMIT offset count]{limit} [GET pattern{get-pattern, key 1, pattern}]..."
                  + " [ASC | DESC]{order} [ALPHA]{sorting}")
          .does("Returns the sorted elements of a list, set or sorted set.")
          .since("7.0.0")
          .costs(COST)
          .is(READONLY)
          .categories(Category.SET, Category.SORTEDSET, Category.LIST, Category.DANGEROUS)
          .keys(RO, ACCESS)
          .keys(BY_AND_GET)
          .keys(SortCommands::keyOfSortRo)
          .runs(call -> new Sorting(call, false).run());

  public SortCommands() {
    super(Group.GENERIC);
  }

  /** Finds the key and the destination of the last STORE. */
  private static boolean keysOfSort(Request request, KeyVisitor keys) {
    keys.key(1, RO.bit() | ACCESS.bit());
    int destination = 0;
    for (int i = 2; i < request.count(); i++) {
      if (request.is(i, "LIMIT")) {
        i += 2;
      } else if (request.is(i, "BY") || request.is(i, "GET")) {
        i++;
      } else if (request.is(i, "STORE") && i + 1 < request.count()) {
        destination = ++i;
      }
    }
    if (destination > 0) {
      keys.key(destination, OW.bit() | UPDATE.bit());
    }
    return true;
  }

  private static boolean keyOfSortRo(Request request, KeyVisitor keys) {
    keys.key(1, RO.bit() | ACCESS.bit());
    return true;
  }
}
