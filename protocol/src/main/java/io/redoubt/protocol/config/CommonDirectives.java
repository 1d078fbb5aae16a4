package io.redoubt.protocol.config;

import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.process.TitleTemplate;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Network, log, clients: the directives that a data server and a sentinel share. */
@SuppressWarnings("this-escape") // declaring calls final methods that use nothing of a subclass
public abstract class CommonDirectives extends Directives {
  private static final long MIB = 1 << 20;

  /** What supervises the process and wants to be told when it is ready. */
  public enum Supervision {
    /** Nothing. */
    NO,
    /** Upstart: the process stops itself once. */
    UPSTART,
    /** systemd, through {@code NOTIFY_SOCKET}. */
    SYSTEMD,
    /** What the environment shows to be there. */
    AUTO
  }

  /** The facilities of syslog. */
  public enum SyslogFacility {
    /** {@code user}. */
    USER,
    /** {@code local0}. */
    LOCAL0,
    /** {@code local1}. */
    LOCAL1,
    /** {@code local2}. */
    LOCAL2,
    /** {@code local3}. */
    LOCAL3,
    /** {@code local4}. */
    LOCAL4,
    /** {@code local5}. */
    LOCAL5,
    /** {@code local6}. */
    LOCAL6,
    /** {@code local7}. */
    LOCAL7
  }

  /** Who may use something dangerous. */
  public enum Permission {
    /** Nobody. */
    NO,
    /** Every client. */
    YES,
    /** Clients of this machine. */
    LOCAL
  }

  /** What a new user may do with channels. */
  public enum PubsubDefault {
    /** Everything. */
    ALLCHANNELS,
    /** Nothing. */
    RESETCHANNELS
  }

  {
    section("NETWORK");
  }

  /** {@code bind}. */
  public final BindDirective bind =
      bindAddresses("bind", List.of(new BindAddress("*", false), new BindAddress("::*", true)))
          .shipped("127.0.0.1 -::1")
          .doc(
              "The addresses to listen on. One with a minus before it may be missing on this"
                  + " machine. '*' and '::*' stand for all of IPv4 and IPv6. Without this line"
                  + " every address is listened on, and protected-mode decides who is served.");

  /** {@code bind-source-addr}. */
  public final TextDirective bindSourceAddr =
      text("bind-source-addr", "")
          .shown("10.0.0.1", "The address from which connections to a master are made.");

  /** {@code protected-mode}. */
  public final YesNoDirective protectedMode =
      yesNo("protected-mode", true)
          .doc(
              "While the default user has no password, serve clients of this machine only."
                  + " Turn it off only where a firewall does that work.");

  /** {@code enable-protected-configs}. */
  public final ChoiceDirective<Permission> enableProtectedConfigs =
      choice("enable-protected-configs", Permission.NO)
          .immutable()
          .doc(
              "Who may change by CONFIG SET what could be used to write files anywhere: no, yes, or"
                  + " local, connections from this machine.");

  /** {@code enable-debug-command}. */
  public final ChoiceDirective<Permission> enableDebugCommand =
      choice("enable-debug-command", Permission.NO).immutable().doc("Who may use DEBUG.");

  /** {@code enable-module-command}. */
  public final ChoiceDirective<Permission> enableModuleCommand =
      choice("enable-module-command", Permission.NO)
          .immutable()
          .acceptedWithoutEffect()
          .doc("Who may load modules.");

  /** {@code port}. */
  public final IntDirective port =
      integer("port", 6379).between(0, 65535).doc("The TCP port; 0 for none.");

  /** {@code tcp-backlog}. */
  public final IntDirective tcpBacklog =
      integer("tcp-backlog", 511)
          .immutable()
          .doc(
              "How many connections may wait to be accepted. Linux cuts it to"
                  + " /proc/sys/net/core/somaxconn.");

  /** {@code unixsocket}. */
  public final TextDirective unixsocket =
      text("unixsocket", "")
          .immutable()
          .shown("/run/redis.sock", "The path of a Unix domain socket to listen on as well.");

  /** {@code unixsocketperm}. */
  public final OctalDirective unixsocketperm =
      octal("unixsocketperm", 0).immutable().shown("700", "The mode of that socket.");

  /** {@code timeout}. */
  public final IntDirective timeout =
      integer("timeout", 0).doc("Seconds after which an idle client is disconnected; 0 for never.");

  /** {@code tcp-keepalive}. */
  public final IntDirective tcpKeepalive =
      integer("tcp-keepalive", 300)
          .doc(
              "Seconds between TCP keep-alives, which find dead peers and keep connections open"
                  + " in firewalls; 0 for none.");

  /** {@code socket-mark-id}. */
  public final LongDirective socketMarkId =
      number("socket-mark-id", 0)
          .between(0, 0xFFFF_FFFFL)
          .immutable()
          .acceptedWithoutEffect()
          .doc("A mark for the packets of the listening sockets.");

  {
    section("GENERAL");
  }

  /** {@code daemonize}. */
  public final YesNoDirective daemonize =
      yesNo("daemonize", false)
          .immutable()
          .doc("Go to the background; the command returns when the server listens.");

  /** {@code supervised}. */
  public final ChoiceDirective<Supervision> supervised =
      choice("supervised", Supervision.NO)
          .immutable()
          .doc(
              "Whom to tell when the server is ready: systemd (through NOTIFY_SOCKET), upstart (by"
                  + " stopping once), auto (whichever is there), no.");

  /** {@code pidfile}. */
  public final TextDirective pidfile =
      text("pidfile", "")
          .immutable()
          .shipped("/var/run/redis_6379.pid")
          .doc(
              "Where the process id is written, and removed at the end. When there is no such"
                  + " line, /var/run/redis.pid is used by a server in the background.");

  /** {@code loglevel}. */
  public final ChoiceDirective<Log.Level> loglevel =
      choice("loglevel", Log.Level.NOTICE)
          .doc("The least important messages to log: debug, verbose, notice, warning, nothing.");

  /** {@code logfile}. */
  public final TextDirective logfile =
      text("logfile", "")
          .immutable()
          .shipped("\"\"")
          .doc("The log's file; without one it goes to standard output.");

  /** {@code syslog-enabled}. */
  public final YesNoDirective syslogEnabled =
      yesNo("syslog-enabled", false)
          .immutable()
          .acceptedWithoutEffect()
          .doc("Whether the system's log is written to as well.");

  /** {@code syslog-ident}. */
  public final TextDirective syslogIdent =
      text("syslog-ident", "redis")
          .immutable()
          .acceptedWithoutEffect()
          .doc("The name in the system's log.");

  /** {@code syslog-facility}. */
  public final ChoiceDirective<SyslogFacility> syslogFacility =
      choice("syslog-facility", SyslogFacility.LOCAL0)
          .immutable()
          .acceptedWithoutEffect()
          .doc("The facility in the system's log: user, or local0 to local7.");

  /** {@code crash-log-enabled}. */
  public final YesNoDirective crashLogEnabled =
      yesNo("crash-log-enabled", true)
          .acceptedWithoutEffect()
          .doc("Whether a crash is described in the log.");

  /** {@code crash-memcheck-enabled}. */
  public final YesNoDirective crashMemcheckEnabled =
      yesNo("crash-memcheck-enabled", true)
          .acceptedWithoutEffect()
          .doc("Whether a crash is followed by a test of the memory.");

  /** {@code use-exit-on-panic}. */
  public final YesNoDirective useExitOnPanic =
      yesNo("use-exit-on-panic", false)
          .hidden()
          .acceptedWithoutEffect()
          .doc("Whether a failed assertion exits instead of aborting.");

  /** {@code always-show-logo}. */
  public final YesNoDirective alwaysShowLogo =
      yesNo("always-show-logo", false)
          .immutable()
          .doc("Whether name, port and process id are printed large at the start, log or no log.");

  /** {@code set-proc-title}. */
  public final YesNoDirective setProcTitle =
      yesNo("set-proc-title", true)
          .immutable()
          .doc("Whether ps and ss show the process by a title, such as redis-server *:6379.");

  /** {@code proc-title-template}. */
  public final TextDirective procTitleTemplate =
      text("proc-title-template", "{title} {listen-addr} {server-mode}")
          .check(template -> {
            if (!TitleTemplate.isValid(template)) {
              throw new RefusedValue("template format is invalid or contains unknown variables");
            }
          })
          .doc(
              "What the title of the process in ps is made of: {title} {listen-addr} {server-mode}"
                  + " {port} {tls-port} {unixsocket} {config-file}.");

  /** {@code locale-collate}. */
  public final TextDirective localeCollate =
      text("locale-collate", "")
          .acceptedWithoutEffect()
          .doc("The language by which SORT ALPHA and Lua compare texts.");

  /** {@code dir}. */
  public final DirectoryDirective dir =
      directory("dir", Path.of("").toAbsolutePath())
          .guarded()
          .fixedWhileLoading()
          .shipped("./")
          .doc(
              "The working directory: data files, and every relative path of this file, are looked"
                  + " for here.");

  {
    section("SECURITY");
  }

  /** {@code requirepass}. */
  public final TextDirective requirepass =
      text("requirepass", "")
          .sensitive()
          .shown("foobared", "The password of the default user; clients give it by AUTH.");

  /** {@code user}. */
  public final FileWord user =
      fileWord("user")
          .arguments(1, Integer.MAX_VALUE)
          .keyWords(2)
          .shown(
              "worker on >secret ~jobs:* &* +@list +@connection",
              "A user: its name and rules as ACL SETUSER takes them. One line a user; not together"
                  + " with aclfile.");

  /** {@code aclfile}. */
  public final TextDirective aclfile =
      text("aclfile", "")
          .immutable()
          .shown("/etc/redis/users.acl", "A file with such user lines, for ACL LOAD and SAVE.");

  /** {@code acl-pubsub-default}. */
  public final ChoiceDirective<PubsubDefault> aclPubsubDefault =
      choice("acl-pubsub-default", PubsubDefault.RESETCHANNELS)
          .doc("Which channels a new user may use: allchannels or resetchannels (none).");

  /** {@code acllog-max-len}. */
  public final LongDirective acllogMaxLen =
      number("acllog-max-len", 128).doc("How many refusals ACL LOG keeps.");

  {
    section("CLIENTS");
  }

  /** {@code maxclients}. */
  public final LongDirective maxclients =
      number("maxclients", 10000)
          .between(1, 0xFFFF_FFFFL)
          .doc(
              "How many clients may be connected at once. It is lowered where the limit of open"
                  + " files (ulimit -n) leaves no room for them.");

  /** {@code client-output-buffer-limit}. */
  public final OutputLimitsDirective clientOutputBufferLimit =
      outputLimits(
              "client-output-buffer-limit",
              new EnumMap<>(
                  Map.of(
                      ClientClass.NORMAL, new OutputLimit(0, 0, 0),
                      ClientClass.REPLICA, new OutputLimit(256 * MIB, 64 * MIB, 60),
                      ClientClass.PUBSUB, new OutputLimit(32 * MIB, 8 * MIB, 60))))
          .doc(
              "Disconnect a client that reads too slowly: its class, then the size at which it goes"
                  + " at once, the size at which it goes when it stays above it, and for how many"
                  + " seconds. 0 is no limit.");

  /** {@code client-query-buffer-limit}. */
  public final MemoryDirective clientQueryBufferLimit =
      memory("client-query-buffer-limit", 1024 * MIB)
          .between(MIB, Long.MAX_VALUE)
          .doc("How many bytes of requests may wait for one client.");

  /** {@code maxmemory-clients}. */
  public final MemoryOrPercentDirective maxmemoryClients =
      memoryOrPercent("maxmemory-clients", 0)
          .doc(
              "How much memory all connections may take together, in bytes or as a percentage of"
                  + " maxmemory, before the largest of them is closed. 0 is no limit.");

  /** {@code proto-max-bulk-len}. */
  public final MemoryDirective protoMaxBulkLen =
      memory("proto-max-bulk-len", 512 * MIB)
          .between(MIB, Long.MAX_VALUE)
          .doc("The largest argument of a request, and so the largest string.");

  /** The directives of this part, unset. */
  protected CommonDirectives() {}

  /** The path as the configuration means it: relative ones start at {@code dir}. */
  public final Path path(String name) {
    return dir.value().resolve(name).normalize();
  }

  @Override
  protected final Path baseDirectory(Values values) {
    return values.of(dir);
  }
}
