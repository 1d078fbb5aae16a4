package io.redoubt.sentinel.command;

import static io.redoubt.protocol.command.Flag.ADMIN;
import static io.redoubt.protocol.command.Flag.ONLY_SENTINEL;
import static io.redoubt.protocol.command.Flag.SENTINEL;

import io.redoubt.protocol.bytes.Glob;
import io.redoubt.protocol.bytes.IpAddress;
import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.CommandGroup;
import io.redoubt.protocol.command.Errors;
import io.redoubt.protocol.command.Group;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.sentinel.core.DataNode;
import io.redoubt.sentinel.core.Instance;
import io.redoubt.sentinel.core.Master;
import io.redoubt.sentinel.core.Replica;
import io.redoubt.sentinel.core.Sentinel;
import io.redoubt.sentinel.core.SentinelInput;
import io.redoubt.sentinel.core.SentinelOutput;
import io.redoubt.sentinel.message.Address;
import io.redoubt.sentinel.message.Hosts;
import io.redoubt.sentinel.message.NodeInfo;
import io.redoubt.sentinel.runtime.MasterOptionParser;
import io.redoubt.sentinel.settings.MasterOptions;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The subcommands of SENTINEL that concern masters; see {@link SelfCommands} for the others. */
public final class SentinelCommands extends CommandGroup<SentinelCall> {
  private static final int MAX_PORT = 65535;

  final Command<SentinelCall> sentinel =
      container("SENTINEL")
          .does("A container for sentinel commands.")
          .since("2.8.4")
          .costs("Depends on subcommand.")
          .is(ADMIN, SENTINEL, ONLY_SENTINEL)
          .help("6.2.0")
          .holds();

  final Command<SentinelCall> masters =
      subcommand("SENTINEL MASTERS")
          .does("Returns the monitored masters.")
          .since("2.8.4")
          .costs("O(N) where N is the number of masters")
          .runs(call -> instances(call, call.sentinel().masters()));

  final Command<SentinelCall> master =
      subcommand("SENTINEL MASTER master-name")
          .does("Returns the state of a master.")
          .since("2.8.4")
          .runs(call -> instance(call, call.master(2)));

  final Command<SentinelCall> replicas =
      subcommand("SENTINEL REPLICAS master-name")
          .does("Returns the replicas of a master.")
          .since("5.0.0")
          .costs("O(N) where N is the number of replicas")
          .runs(SentinelCommands::replicas);

  final Command<SentinelCall> slaves =
      subcommand("SENTINEL SLAVES master-name")
          .does("Returns the replicas of a master.")
          .since("2.8.0")
          .costs("O(N) where N is the number of replicas.")
          .deprecated("5.0.0", "`SENTINEL REPLICAS`")
          .runs(SentinelCommands::replicas);

  final Command<SentinelCall> sentinels =
      subcommand("SENTINEL SENTINELS master-name")
          .does("Returns the other sentinels of a master.")
          .since("2.8.4")
          .costs("O(N) where N is the number of Sentinels")
          .runs(call -> instances(call, call.master(2).sentinels()));

  final Command<SentinelCall> getMasterAddrByName =
      subcommand("SENTINEL GET-MASTER-ADDR-BY-NAME master-name")
          .does("Returns the address and port of a master.")
          .since("2.8.4")
          .runs(SentinelCommands::getMasterAddrByName);

  final Command<SentinelCall> isMasterDownByAddr =
      subcommand(
              "SENTINEL IS-MASTER-DOWN-BY-ADDR ip port current-epoch{integer} runid"
                  + " [COORDINATED{coordinated}]")
          .does("Returns a sentinel's opinion on whether a master is down, and its vote.")
          .since("2.8.4")
          .runs(SentinelCommands::isMasterDownByAddr);

  final Command<SentinelCall> failover =
      subcommand(
              "SENTINEL FAILOVER master-name [COORDINATED{coordinated} |"
                  + " FORCE-DATA-LOSS{loss}]{how}")
          .does("Starts a failover of a master.")
          .since("2.8.4")
          .runs(SentinelCommands::failover);

  final Command<SentinelCall> reset =
      subcommand("SENTINEL RESET pattern")
          .does("Resets the masters whose names match a pattern.")
          .since("2.8.4")
          .costs("O(N) where N is the number of monitored masters")
          .runs(SentinelCommands::reset);

  final Command<SentinelCall> monitor =
      subcommand("SENTINEL MONITOR name ip port quorum")
          .does("Starts monitoring.")
          .since("2.8.4")
          .runs(SentinelCommands::monitor);

  final Command<SentinelCall> remove =
      subcommand("SENTINEL REMOVE master-name")
          .does("Stops monitoring.")
          .since("2.8.4")
          .runs(call -> order(call, new SentinelInput.Remove(call.text(2))));

  final Command<SentinelCall> set =
      subcommand("SENTINEL SET master-name (option value){data}...")
          .does("Sets options of a monitored master.")
          .since("2.8.4")
          .runs(SentinelCommands::set);

  final Command<SentinelCall> ckquorum =
      subcommand("SENTINEL CKQUORUM master-name")
          .does("Checks whether enough sentinels are reachable for a failover of a master.")
          .since("2.8.4")
          .runs(SentinelCommands::ckquorum);

  final Command<SentinelCall> primaries =
      subcommand("SENTINEL PRIMARIES")
          .does("Returns the monitored masters: Valkey's name of MASTERS.")
          .since("7.2.0")
          .costs("O(N) where N is the number of masters")
          .runs(call -> instances(call, call.sentinel().masters()));

  final Command<SentinelCall> primary =
      subcommand("SENTINEL PRIMARY primary-name")
          .does("Returns the state of a master: Valkey's name of MASTER.")
          .since("7.2.0")
          .runs(call -> instance(call, call.master(2)));

  final Command<SentinelCall> getPrimaryAddrByName =
      subcommand("SENTINEL GET-PRIMARY-ADDR-BY-NAME primary-name")
          .does(
              "Returns the address and port of a master: Valkey's name of GET-MASTER-ADDR-BY-NAME.")
          .since("7.2.0")
          .runs(SentinelCommands::getMasterAddrByName);

  final Command<SentinelCall> isPrimaryDownByAddr =
      subcommand(
              "SENTINEL IS-PRIMARY-DOWN-BY-ADDR ip port current-epoch{integer} runid"
                  + " [COORDINATED{coordinated}]")
          .does(
              "Returns a sentinel's opinion on whether a master is down: Valkey's name of"
                  + " IS-MASTER-DOWN-BY-ADDR.")
          .since("7.2.0")
          .runs(SentinelCommands::isMasterDownByAddr);

  final Command<SentinelCall> doctor =
      subcommand("SENTINEL DOCTOR master-name")
          .does("Returns findings on configurations that will cause problems.")
          .since("7.2.0")
          .costs("O(N*N) where N is the number of replicas")
          .runs(SentinelCommands::doctor);

  final Command<SentinelCall> infoCache =
      subcommand("SENTINEL INFO-CACHE nodename...")
          .does("Returns the latest INFO replies of masters and replicas.")
          .since("3.2.0")
          .costs("O(N) where N is the number of instances")
          .runs(SentinelCommands::infoCache);

  private Builder<SentinelCall> subcommand(String usage) {
    return command(usage).is(ADMIN, SENTINEL, ONLY_SENTINEL);
  }

  /** Creates the group; one instance per server. */
  public SentinelCommands() {
    super(Group.SENTINEL);
  }

  private static void instances(SentinelCall call, Collection<? extends Instance> all) {
    call.reply().array(all.size());
    all.forEach(each -> instance(call, each));
  }

  private static void instance(SentinelCall call, Instance instance) {
    Map<String, String> fields = InstanceFields.of(instance, call.sentinel());
    call.reply().map(fields.size());
    fields.forEach((name, value) -> {
      call.reply().bulk(name);
      call.reply().bulk(value);
    });
  }

  /** Replies with the replicas that are announced. */
  private static void replicas(SentinelCall call) {
    List<Replica> announced = new ArrayList<>();
    for (Replica replica : call.master(2).replicas()) {
      NodeInfo info = replica.info();
      if (info == null || info.announced()) {
        announced.add(replica);
      }
    }
    instances(call, announced);
  }

  private static void getMasterAddrByName(SentinelCall call) {
    Master master = call.sentinel().master(call.text(2));
    ReplyWriter reply = call.reply();
    if (master == null) {
      reply.nilArray();
      return;
    }
    Address address = call.sentinel().displayed(master.currentAddress());
    reply.array(2);
    reply.bulk(address.host());
    reply.bulk(Integer.toString(address.port()));
  }

  private static void isMasterDownByAddr(SentinelCall call) {
    boolean coordinated =
        call.count() == 7 && call.text(6).equalsIgnoreCase(SentinelInput.AskedIfDown.COORDINATED);
    if (call.count() > 6 && !coordinated) {
      throw Errors.SYNTAX;
    }
    // No master listens on a port that is out of range.
    Address address =
        new Address(call.text(2), (int) Math.clamp(call.number(3), -1L, MAX_PORT + 1L));
    SentinelOutput answer =
        call.control()
            .order(
                new SentinelInput.AskedIfDown(address, call.number(4), call.text(5), coordinated));
    if (!(answer instanceof SentinelOutput.Opinion opinion)) {
      throw new IllegalStateException("not an opinion: " + answer);
    }
    if (opinion.leader().equals("*")) {
      reply(call.reply(), opinion);
    } else {
      SentinelOutput.Opinion withoutVote = new SentinelOutput.Opinion(opinion.down(), "*", 0);
      call.whenSettled((reply, kept) -> reply(reply, kept ? opinion : withoutVote));
    }
  }

  private static void reply(ReplyWriter reply, SentinelOutput.Opinion opinion) {
    reply.array(3);
    reply.integer(opinion.down() ? 1 : 0);
    reply.bulk(opinion.leader());
    reply.integer(opinion.leaderEpoch());
  }

  /**
   * Starts a failover that stops writes first if possible. Valkey's option COORDINATED requires
   * that; FORCE-DATA-LOSS proceeds without members that may hold acknowledged writes.
   */
  private static void failover(SentinelCall call) {
    boolean coordinated = call.count() == 4 && call.text(3).equalsIgnoreCase("COORDINATED");
    boolean loss = call.count() == 4 && call.text(3).equalsIgnoreCase("FORCE-DATA-LOSS");
    if (call.count() > 4 || (call.count() == 4 && !coordinated && !loss)) {
      throw Errors.SYNTAX;
    }
    order(call, new SentinelInput.Failover(call.text(2), coordinated, loss));
  }

  private static void order(SentinelCall call, SentinelInput input) {
    refusal(call.control().order(input));
    call.okWhenSaved();
  }

  /** Returns the output unless it is a refusal, which is thrown as an error. */
  private static SentinelOutput refusal(SentinelOutput answer) {
    if (answer instanceof SentinelOutput.Refused(String error)) {
      throw new CommandError(error);
    }
    return answer;
  }

  private static void reset(SentinelCall call) {
    List<String> names = new ArrayList<>();
    for (Master master : call.sentinel().masters()) {
      if (Glob.matches(call.text(2), master.name(), false)) {
        names.add(master.name());
      }
    }
    if (refusal(call.control().order(new SentinelInput.Reset(names)))
        instanceof SentinelOutput.Done(long count)) {
      call.reply().integer(count);
    }
  }

  private static void monitor(SentinelCall call) {
    long quorum = call.number(5, "ERR Invalid quorum");
    long port = call.number(4, "ERR Invalid port");
    if (quorum < 1 || quorum > Integer.MAX_VALUE) {
      throw new CommandError("ERR Quorum must be 1 or greater.");
    }
    if (port < 1 || port > MAX_PORT) {
      throw new CommandError("ERR Invalid port number.");
    }
    String host = IpAddress.canonical(call.text(3));
    if (!Hosts.isHost(host, call.control().globalOptions().resolveHostnames())) {
      throw new CommandError("ERR Invalid IP address or hostname specified");
    }
    order(
        call, new SentinelInput.Monitor(call.text(2), new Address(host, (int) port), (int) quorum));
  }

  private static void set(SentinelCall call) {
    Master master = call.master(2);
    MasterOptions options = master.options();
    List<String> changes = new ArrayList<>();
    int at = 3;
    while (at < call.count()) {
      String option = call.text(at).toLowerCase(Locale.ROOT);
      int values = MasterOptionParser.values(option);
      if (values == 0 || at + values >= call.count()) {
        throw new CommandError(
            "ERR Unknown option or number of arguments for SENTINEL SET '" + call.text(at) + "'");
      }
      if (option.endsWith("-script") && call.control().globalOptions().denyScriptsReconfig()) {
        throw new CommandError(
            "ERR Reconfiguration of scripts path is denied for security reasons. Check the"
                + " deny-scripts-reconfig configuration directive in your Sentinel configuration");
      }
      String value = call.text(at + 1);
      String second = values == 2 ? call.text(at + 2) : null;
      options = set(call, options, option, value, second);
      String shown = option.equals("auth-pass") ? "******" : value;
      changes.add(option + " " + shown + (second == null ? "" : " " + second));
      at += 1 + values;
    }
    order(call, new SentinelInput.Set(master.name(), options, changes));
  }

  private static MasterOptions set(
      SentinelCall call,
      MasterOptions options,
      String option,
      String value,
      @Nullable String second) {
    try {
      MasterOptions changed = MasterOptionParser.set(options, option, value, second);
      MasterOptionParser.checkScripts(changed, call.control().directory());
      return changed;
    } catch (MasterOptionParser.Refusal e) {
      throw option.endsWith("-script")
          ? new CommandError("ERR " + e.reason().replaceFirst("\\.$", ""))
          : new CommandError(
              "ERR Invalid argument '"
                  + (second == null || value.isEmpty() ? value : second)
                  + "' for SENTINEL SET '"
                  + option
                  + "'");
    }
  }

  private static void ckquorum(SentinelCall call) {
    Master master = call.master(2);
    Sentinel sentinel = call.sentinel();
    int usable = sentinel.reachableSentinels(master);
    boolean quorum = usable >= master.options().quorum();
    boolean majority = usable >= (master.sentinels().size() + 1) / 2 + 1;
    String found = usable + " usable Sentinels. ";
    if (quorum && majority) {
      call.reply().simple("OK " + found + "Quorum and failover authorization can be reached");
      return;
    }
    String notQuorum =
        "Not enough available Sentinels to reach the specified quorum for this master";
    String notMajority =
        "Not enough available Sentinels to reach the majority and authorize a failover";
    throw new CommandError(
        "NOQUORUM "
            + found
            + (quorum ? "" : notQuorum + (majority ? "" : ". "))
            + (majority ? "" : notMajority));
  }

  private static void doctor(SentinelCall call) {
    List<String> findings = call.sentinel().findings(call.master(2));
    call.reply().array(findings.size());
    findings.forEach(call.reply()::bulk);
  }

  private static void infoCache(SentinelCall call) {
    List<Master> wanted = new ArrayList<>();
    for (Master master : call.sentinel().masters()) {
      for (int i = 2; i < call.count(); i++) {
        if (Glob.matches(call.text(i), master.name(), false)) {
          wanted.add(master);
          break;
        }
      }
    }
    ReplyWriter reply = call.reply();
    reply.array(wanted.size() * 2);
    for (Master master : wanted) {
      reply.bulk(master.name());
      reply.array(1 + master.replicas().size());
      replyCached(call, master);
      master.replicas().forEach(replica -> replyCached(call, replica));
    }
  }

  private static void replyCached(SentinelCall call, DataNode node) {
    ReplyWriter reply = call.reply();
    reply.array(2);
    reply.integer(node.sinceInfoMillis(call.sentinel().nowMillis()));
    if (node.info() == null) {
      reply.nil();
    } else {
      reply.bulk(node.infoText());
    }
  }
}
