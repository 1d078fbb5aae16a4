package io.redoubt.dist.cli.session;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.redoubt.protocol.bytes.Quoting;
import io.redoubt.protocol.resp.ProtocolException;
import io.redoubt.protocol.resp.Reply;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code --ldb}: runs a script under the server's debugger. From EVAL to the end of the script,
 * input lines are commands of the debugger; their replies are arrays of lines to show.
 */
public final class LuaDebugger {
  private static final String END = "<endsession>";
  private static final String USAGE =
      """
      Lua debugging session started, please use:
      quit    -- End the session.
      restart -- Restart the script in debug mode again.
      help    -- Show Lua script debugging commands.

      """;

  private final Session session;
  private final byte[][] script;
  private final boolean keepsChanges;
  private final PrintStream out;
  private boolean active;

  /**
   * Creates a debugger.
   *
   * @param script the arguments of EVAL, its name included
   * @param keepsChanges the server runs the script itself, not a copy of the process
   */
  public LuaDebugger(Session session, byte[][] script, boolean keepsChanges, PrintStream out) {
    this.session = session;
    this.script = script;
    this.keepsChanges = keepsChanges;
    this.out = out;
  }

  /** Returns true while the script waits for commands. */
  boolean isActive() {
    return active;
  }

  /**
   * Returns true if a line is for the debugger: every line while it is active, and {@code restart}
   * afterwards.
   */
  boolean takes(byte[] line) {
    return active || new String(line, ISO_8859_1).strip().equalsIgnoreCase("restart");
  }

  /** Starts the script on a new connection; returns false if that fails. */
  public boolean start() {
    active = false;
    if (!session.connect()) {
      return false;
    }
    out.print(USAGE);
    try {
      String mode = keepsChanges ? "SYNC" : "YES";
      Reply reply = session.connection().call("SCRIPT", "DEBUG", mode);
      if (!reply.isError()) {
        session.connection().send(script);
        reply = session.connection().receive();
        if (isEnd(reply)) {
          out.print("\n");
          reply = session.connection().receive();
        } else if (isLines(reply)) {
          active = true;
          show(reply);
          return true;
        }
      }
      out.print("Eval debugging session can't start:\n" + standard(reply));
      if (!keepsChanges && reply.isError()) {
        out.print("A server that refuses this may offer --ldb-sync-mode.\n");
      }
      return false;
    } catch (IOException | ProtocolException e) {
      return session.lost(e);
    }
  }

  /** Runs a line; returns false if it ends the program. */
  boolean run(byte[] line) {
    List<byte[]> words = words(line);
    if (words == null) {
      out.print("Invalid argument(s)\n");
      return true;
    }
    if (words.isEmpty()) {
      return true;
    }
    switch (CommandRunner.name(words.getFirst())) {
      case "quit", "exit" -> {
        return false;
      }
      case "restart" -> {
        out.print("\n");
        return start();
      }
      default -> {
        try {
          session.connection().send(words.toArray(byte[][]::new));
          show(session.connection().receive());
        } catch (IOException | ProtocolException e) {
          active = false;
          session.lost(e);
        }
        return true;
      }
    }
  }

  /** Splits a line into words; the code after {@code eval} is one word, with any quotes in it. */
  private static @Nullable List<byte[]> words(byte[] line) {
    String text = new String(line, ISO_8859_1).strip();
    for (String name : List.of("eval ", "e ")) {
      if (text.startsWith(name)) {
        String code = text.substring(name.length());
        return List.of(name.strip().getBytes(ISO_8859_1), code.getBytes(ISO_8859_1));
      }
    }
    return Quoting.split(line);
  }

  /**
   * Returns true if the reply marks the end of the session, as the first one does if a script does
   * not compile.
   */
  private static boolean isEnd(Reply reply) {
    return isLines(reply) && reply.elements().getFirst().text().equals(END);
  }

  private static boolean isLines(Reply reply) {
    return reply instanceof Reply.Array array
        && !array.elements().isEmpty()
        && array.elements().stream().allMatch(line -> line instanceof Reply.Simple);
  }

  private void show(Reply reply) throws IOException, ProtocolException {
    List<Reply> lines = new ArrayList<>(isLines(reply) ? reply.elements() : List.<Reply>of());
    boolean ended = !lines.isEmpty() && lines.getLast().text().equals(END);
    if (ended) {
      lines.removeLast();
    } else if (!isLines(reply)) {
      out.print(standard(reply));
    }
    for (Reply line : lines) {
      String text = new String(line.text().getBytes(UTF_8), ISO_8859_1);
      out.print(color(text) + text + "\u001b[0m\n");
    }
    if (ended) {
      active = false;
      out.print("\n" + standard(session.connection().receive()) + "\n");
      String lost = keepsChanges ? "" : " -- dataset changes rolled back";
      out.print("(Lua debugging session ended" + lost + ")\n\n");
    }
  }

  private static String color(String line) {
    int end = line.startsWith("<") ? line.indexOf('>') + 1 : 0;
    String style =
        switch (line.substring(0, end)) {
          case "<debug>" -> "1;37";
          case "<redis>" -> "0;32";
          case "<reply>" -> "0;36";
          case "<error>" -> "0;31";
          case "<hint>", "<value>", "<retval>" -> "0;35";
          default -> line.startsWith("->") ? "0;33" : isBreakpoint(line) ? "1;37" : "0;37";
        };
    return "\u001b[" + style + ";49m";
  }

  private static boolean isBreakpoint(String line) {
    return line.startsWith("  #");
  }

  private static String standard(Reply reply) {
    return new ReplyFormatter(OutputForm.STANDARD, "\n", "\n").format(reply, false);
  }
}
