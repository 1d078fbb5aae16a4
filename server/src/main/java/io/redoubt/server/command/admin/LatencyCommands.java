package io.redoubt.server.command.admin;

import static io.redoubt.protocol.command.Flag.ADMIN;
import static io.redoubt.protocol.command.Flag.LOADING;
import static io.redoubt.protocol.command.Flag.NOSCRIPT;
import static io.redoubt.protocol.command.Flag.STALE;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.CommandGroup;
import io.redoubt.protocol.command.CommandTable;
import io.redoubt.protocol.command.DurationHistogram;
import io.redoubt.protocol.command.Group;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.server.execution.Call;
import io.redoubt.server.execution.monitoring.Latency;
import io.redoubt.server.execution.monitoring.Latency.Sample;
import io.redoubt.server.execution.monitoring.LatencyEvent;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** LATENCY: latency spikes by event, and histograms of command durations. */
public final class LatencyCommands extends CommandGroup<Call> {
  private static final String[] TIPS = {
    "nondeterministic_output", "request_policy:all_nodes", "response_policy:special"
  };

  private final Latency latency;
  private final Clock clock;
  private final CommandTable<Call> table;

  final Command<Call> latencyCommand =
      container("LATENCY")
          .does("A container for commands on latency.")
          .since("2.8.13")
          .costs("Depends on subcommand.")
          .help("2.8.13")
          .holds();

  final Command<Call> doctor =
      command("LATENCY DOCTOR")
          .does("Returns a report on latency spikes with advice.")
          .since("2.8.13")
          .costs("O(1)")
          .is(ADMIN, NOSCRIPT, LOADING, STALE)
          .tips(TIPS)
          .runs(this::doctor);

  final Command<Call> graph =
      command("LATENCY GRAPH event")
          .does("Returns a graph of the latency of an event over time.")
          .since("2.8.13")
          .costs("O(1)")
          .is(ADMIN, NOSCRIPT, LOADING, STALE)
          .tips(TIPS)
          .runs(this::graph);

  final Command<Call> histogram =
      command("LATENCY HISTOGRAM [command...]")
          .does("Returns histograms of the durations of commands.")
          .since("7.0.0")
          .costs("O(N), N the number of commands")
          .is(ADMIN, NOSCRIPT, LOADING, STALE)
          .tips(TIPS)
          .runs(this::histogram);

  final Command<Call> history =
      command("LATENCY HISTORY event")
          .does("Returns the times and durations of the latency spikes of an event.")
          .since("2.8.13")
          .costs("O(1)")
          .is(ADMIN, NOSCRIPT, LOADING, STALE)
          .tips(TIPS)
          .runs(this::history);

  final Command<Call> latest =
      command("LATENCY LATEST")
          .does("Returns the latest and the maximum latency of each event.")
          .since("2.8.13")
          .costs("O(1)")
          .is(ADMIN, NOSCRIPT, LOADING, STALE)
          .tips(TIPS)
          .runs(this::latest);

  final Command<Call> reset =
      command("LATENCY RESET [event...]")
          .does("Resets the latency data of events and returns their number.")
          .since("2.8.13")
          .costs("O(1)")
          .is(ADMIN, NOSCRIPT, LOADING, STALE)
          .tips("request_policy:all_nodes", "response_policy:agg_sum")
          .runs(this::reset);

  /** Declares the group; {@code table} has the commands for HISTOGRAM. */
  public LatencyCommands(Latency latency, Clock clock, CommandTable<Call> table) {
    super(Group.SERVER);
    this.latency = latency;
    this.clock = clock;
    this.table = table;
  }

  private void latest(Call call) {
    ReplyWriter reply = call.reply();
    List<LatencyEvent> events = latency.events();
    reply.array(events.size());
    for (LatencyEvent event : events) {
      Sample last = latency.samples(event).getLast();
      reply.array(4);
      reply.bulk(event.label());
      reply.integer(last.seconds());
      reply.integer(last.millis());
      reply.integer(latency.longestMillis(event));
    }
  }

  private List<Sample> samples(String name) {
    LatencyEvent event = Latency.named(name);
    return event == null ? List.of() : latency.samples(event);
  }

  private void history(Call call) {
    ReplyWriter reply = call.reply();
    List<Sample> samples = samples(call.argText(2));
    reply.array(samples.size());
    for (Sample sample : samples) {
      reply.array(2);
      reply.integer(sample.seconds());
      reply.integer(sample.millis());
    }
  }

  private void reset(Call call) {
    int count = 0;
    if (call.count() == 2) {
      count = latency.reset();
    }
    for (int i = 2; i < call.count(); i++) {
      LatencyEvent event = Latency.named(call.argText(i));
      count += event != null && latency.reset(event) ? 1 : 0;
    }
    call.reply().integer(count);
  }

  private void graph(Call call) {
    String name = call.argText(2);
    LatencyEvent event = Latency.named(name);
    List<Sample> samples = samples(name);
    if (event == null || samples.isEmpty()) {
      throw new CommandError("ERR No samples available for event '" + name + "'");
    }
    LatencyGraph drawn = new LatencyGraph(samples, clock.wallMillis() / 1000);
    call.reply()
        .verbatim(
            "txt",
            String.format(
                Locale.ROOT,
                "%s - high %d ms, low %d ms (all time high %d ms)%n%s%n%s",
                event.label(),
                drawn.highMillis(),
                drawn.lowMillis(),
                latency.longestMillis(event),
                "-".repeat(80),
                drawn.text()));
  }

  private void doctor(Call call) {
    call.reply().verbatim("txt", new LatencyDiagnosis(latency, call.settings()).text());
  }

  private void histogram(Call call) {
    Set<Command<Call>> told = new LinkedHashSet<>();
    if (call.count() == 2) {
      table.numbered().forEach(command -> add(told, command));
    }
    for (int i = 2; i < call.count(); i++) {
      Command<Call> command = named(call.argText(i));
      if (command != null) {
        add(told, command);
        command.subcommands().forEach(sub -> add(told, sub));
      }
    }
    ReplyWriter reply = call.reply();
    reply.map(told.size());
    for (Command<Call> command : told) {
      reply.bulk(command.name());
      reply.map(2);
      reply.bulk("calls");
      reply.integer(command.durations().total());
      reply.bulk("histogram_usec");
      distribution(reply, command.durations());
    }
  }

  private static void add(Set<Command<Call>> told, Command<Call> command) {
    if (command.durations().total() > 0) {
      told.add(command);
    }
  }

  private static void distribution(ReplyWriter reply, DurationHistogram durations) {
    long mark = reply.deferMap();
    int shown = 0;
    long runs = 0;
    for (int i = 0; i < DurationHistogram.BUCKETS; i++) {
      if (durations.count(i) > 0) {
        runs += durations.count(i);
        reply.integer(DurationHistogram.upperBoundMicros(i));
        reply.integer(runs);
        shown++;
      }
    }
    reply.resolve(mark, shown);
  }

  private @Nullable Command<Call> named(String name) {
    int bar = name.indexOf('|');
    Command<Call> container = table.byName(bar < 0 ? name : name.substring(0, bar));
    return bar < 0 || container == null ? container : container.sub(name.substring(bar + 1));
  }
}
