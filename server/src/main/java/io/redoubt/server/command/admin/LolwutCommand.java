package io.redoubt.server.command.admin;

import static io.redoubt.protocol.command.Flag.FAST;
import static io.redoubt.protocol.command.Flag.READONLY;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandGroup;
import io.redoubt.protocol.command.Group;
import io.redoubt.protocol.process.Version;
import io.redoubt.server.execution.Call;
import java.util.random.RandomGenerator;

/** LOLWUT: the version, and the pictures of versions 5 and 6. */
public final class LolwutCommand extends CommandGroup<Call> {
  /** Redis' line, which tools search for, followed by the version of this program. */
  private static final String VERSION =
      "Redis ver. " + Version.REDIS + "\nRedoubt ver. " + Version.ofThisProcess().number() + "\n";

  private static final int MOST_COLUMNS = 1000;
  private static final int MOST_ROWS = 1000;
  private static final int MOST_SQUARES = 200;

  private final RandomGenerator random;

  final Command<Call> lolwut =
      command("LOLWUT [VERSION version{integer}]")
          .does("Returns the version, with generative art for versions 5 and 6.")
          .since("5.0.0")
          .costs("O(1)")
          .is(READONLY, FAST)
          .runs(this::lolwut);

  /** Declares the group; pictures differ by {@code random}. */
  public LolwutCommand(RandomGenerator random) {
    super(Group.SERVER);
    this.random = random;
  }

  private void lolwut(Call call) {
    boolean chosen = call.count() > 2 && call.is(1, "VERSION");
    long version = chosen ? call.argLong(2) : 0;
    String picture = version == 5 ? squares(call) : version == 6 ? skyline(call) : "";
    call.reply().verbatim("txt", picture + VERSION);
  }

  private String squares(Call call) {
    int columns = option(call, 3, 66, MOST_COLUMNS);
    int perRow = option(call, 4, 8, MOST_SQUARES);
    int perColumn = option(call, 5, 12, MOST_SQUARES);
    return Pictures.squares(columns, perRow, perColumn, random)
        + "\nAfter Georg Nees: Schotter, 1968. ";
  }

  private String skyline(Call call) {
    int columns = option(call, 3, 80, MOST_COLUMNS);
    int rows = option(call, 4, 20, MOST_ROWS);
    return Pictures.skyline(columns, rows, random) + "\nA city at night. ";
  }

  /** Returns an optional argument, within its limits. */
  private static int option(Call call, int i, int usual, int most) {
    return i < call.count() ? Math.clamp(call.argLong(i), 1, most) : usual;
  }
}
