package io.redoubt.protocol.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.command.Category;
import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.Flag;
import io.redoubt.protocol.session.TestProcess.Peer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SharedCommandsTest {
  private TestProcess process;
  private Peer peer;

  @BeforeEach
  void open() throws IOException {
    process = new TestProcess();
    peer = process.connect();
  }

  @AfterEach
  void close() throws IOException {
    peer.close();
    process.close();
  }

  /** Requests with the replies of redis-server 7.0.15. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      textBlock =
          """
          PING;                        +PONG
          PING x;                      $1 x
          PING a b;                    -ERR wrong number of arguments for 'ping' command
          ECHO;                        -ERR wrong number of arguments for 'echo' command
          CLIENT;                      -ERR wrong number of arguments for 'client' command
          CLIENT foo;                  -ERR unknown subcommand 'foo'. Try CLIENT HELP.
          CLIENT ID x;                 -ERR wrong number of arguments for 'client|id' command
          CLIENT ID;                   :1
          CLIENT KILL foo;             -ERR No such client
          CLIENT KILL ID abc;          -ERR client-id should be greater than 0
          CLIENT KILL TYPE foo;        -ERR Unknown client type 'foo'
          CLIENT KILL USER nosuch;     -ERR No such user 'nosuch'
          CLIENT KILL SKIPME maybe;    -ERR syntax error
          CLIENT KILL ID;              -ERR No such client
          CLIENT KILL ID 999;          :0
          CLIENT KILL FOO bar;         -ERR syntax error
          CLIENT LIST TYPE foo;        -ERR Unknown client type 'foo'
          CLIENT LIST ID x;            -ERR Invalid client ID
          CLIENT LIST FOO;             -ERR syntax error
          CLIENT LIST ID 1 x;          -ERR Invalid client ID
          CLIENT LIST TYPE normal ID x; -ERR Invalid client ID
          CLIENT LIST USER nosuch;     -ERR No such user 'nosuch'
          CLIENT LIST NOT-SKIPME yes;  -ERR syntax error
          CLIENT LIST NOT-IDLE 1;      -ERR syntax error
          CLIENT LIST SKIPME maybe;    -ERR syntax error
          CLIENT LIST NAME;            -ERR syntax error
          CLIENT LIST IDLE 0;          -ERR idle should be greater than 0
          CLIENT LIST MAXAGE x;        -ERR maxage should be greater than 0
          CLIENT LIST DB x;            -ERR DB number should be an integer
          CLIENT LIST FLAGS NxZ;       -ERR Unknown flags found in the provided filter: NxZ
          CLIENT LIST CAPA x;          -ERR Unknown capa found in the provided filter: x
          CLIENT LIST NOT-FLAGS NxZ;   -ERR Unknown flags found in the NOT-FLAGS filter: NxZ
          CLIENT KILL NOT-CAPA x;      -ERR Unknown capa found in the NOT-CAPA filter: x
          CLIENT LIST NOT-DB x;        -ERR DB number should be an integer
          CLIENT KILL NOT-USER nosuch; -ERR No such user 'nosuch'
          CLIENT KILL NOT-MAXAGE 1;    -ERR syntax error
          CLIENT LIST NOT-TYPE foo;    -ERR Unknown client type 'foo'
          CLIENT KILL ID 999 998;      :0
          CLIENT KILL NOT-ID x;        -ERR client-id should be greater than 0
          CLIENT SETNAME "a b";        -ERR Client names cannot contain spaces, newlines or special characters.
          CLIENT GETNAME;              $-1
          CLIENT SETINFO LIB-NAME x y; -ERR wrong number of arguments for 'client|setinfo' command
          CLIENT SETINFO lib-ver "a b"; -ERR lib-ver cannot contain spaces, newlines or special characters.
          CLIENT SETINFO foo bar;      -ERR Unrecognized option 'foo'
          CLIENT NO-EVICT foo;         -ERR syntax error
          CLIENT PAUSE x;              -ERR timeout is not an integer or out of range
          CLIENT PAUSE -1;             -ERR timeout is negative
          CLIENT PAUSE 1 foo;          -ERR CLIENT PAUSE mode must be WRITE or ALL
          CLIENT UNBLOCK x;            -ERR value is not an integer or out of range
          CLIENT UNBLOCK 5;            :0
          CLIENT UNBLOCK 5 foo;        -ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR
          CLIENT GETREDIR;             :-1
          CLIENT TRACKING OFF BCAST;   +OK
          CLIENT TRACKING OFF PREFIX;  -ERR syntax error
          CLIENT TRACKING maybe;       -ERR syntax error
          CLIENT CACHING YES;          -ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled
          CLIENT TRACKINGINFO;         *6 $5 flags *1 $3 off $8 redirect :-1 $8 prefixes *0
          HELLO x;                     -ERR Protocol version is not an integer or out of range
          HELLO 4;                     -NOPROTO unsupported protocol version
          HELLO 3 foo;                 -ERR Syntax error in HELLO option 'foo'
          HELLO 3 AUTH default;        -ERR Syntax error in HELLO option 'AUTH'
          HELLO 3 AUTH default x;      %7 $6 server $5 redis $7 version $5 7.2.0 $5 proto :3 $2 id :1 $4 mode $10 standalone $4 role $6 master $7 modules *0
          HELLO;                       *14 $6 server $5 redis $7 version $5 7.2.0 $5 proto :2 $2 id :1 $4 mode $10 standalone $4 role $6 master $7 modules *0
          AUTH x;                      -ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?
          AUTH default x;              +OK
          AUTH foo x;                  -WRONGPASS invalid username-password pair or user is disabled.
          AUTH a b c;                  -ERR syntax error
          UNSUBSCRIBE;                 *3 $11 unsubscribe $-1 :0
          SUNSUBSCRIBE;                *3 $12 sunsubscribe $-1 :0
          PUBSUB NUMSUB a b;           *4 $1 a :0 $1 b :0
          PUBSUB CHANNELS;             *0
          PUBSUB NUMPAT;               :0
          ACL WHOAMI;                  $7 default
          ACL USERS;                   *1 $7 default
          ACL LIST;                    *1 $51 user default on nopass sanitize-payload ~* &* +@all
          ACL GETUSER nosuch;          $-1
          ACL GETUSER default;         *14 $5 flags *3 $2 on $6 nopass $16 sanitize-payload $9 passwords *0 $8 commands $5 +@all $4 keys $2 ~* $8 channels $2 &* $9 databases $6 alldbs $9 selectors *0
          ACL DELUSER default;         -ERR The 'default' user cannot be removed
          ACL DELUSER nosuch;          :0
          ACL SETUSER bob foo;         -ERR Error in ACL SETUSER modifier 'foo': Syntax error
          ACL SETUSER "a b";           -ERR Usernames can't contain spaces or null characters
          ACL CAT nosuch;              -ERR Unknown category 'nosuch'
          ACL CAT a b;                 -ERR unknown subcommand or wrong number of arguments for 'CAT'. Try ACL HELP.
          ACL GENPASS 0;               -ERR ACL GENPASS argument must be the number of bits for the output password, a positive number up to 4096
          ACL GENPASS x;               -ERR value is not an integer or out of range
          ACL LOG;                     *0
          ACL LOG RESET;               +OK
          ACL DRYRUN default get a;    +OK
          ACL DRYRUN x get a;          -ERR User 'x' not found
          ACL DRYRUN default nosuch;   -ERR Command 'nosuch' not found
          ACL DRYRUN default nosuch a; -ERR Command 'nosuch' not found
          ACL DRYRUN default set a;    -ERR wrong number of arguments for 'set' command
          COMMAND INFO nosuch;         *1 $-1
          COMMAND INFO get;            *1 *10 $3 get :2 *2 +readonly +fast :1 :1 :1 *3 +@read +@string +@fast *0 *1 *6 $5 flags *2 +RO +access $12 begin_search *4 $4 type $5 index $4 spec *2 $5 index :1 $9 find_keys *4 $4 type $5 range $4 spec *6 $7 lastkey :0 $7 keystep :1 $5 limit :0 *0
          COMMAND DOCS nosuch;         *0
          COMMAND GETKEYS set k v;     *1 $1 k
          COMMAND GETKEYSANDFLAGS set k v; *1 *2 $1 k *2 +OW +update
          COMMAND GETKEYS set k;       -ERR Invalid number of arguments specified for command
          COMMAND GETKEYS nosuch k;    -ERR Invalid command specified
          COMMAND GETKEYS echo k;      -ERR The command has no key arguments
          COMMAND LIST foo;            -ERR syntax error
          COMMAND LIST FILTERBY PATTERN ge*; *1 $3 get
          COMMAND LIST FILTERBY PATTERN client|i*; *2 $9 client|id $11 client|info
          COMMAND LIST FILTERBY ACLCAT write; *1 $3 set
          foo bar baz;                 -ERR unknown command 'foo', with args beginning with: 'bar' 'baz'
          RESET;                       +RESET
          """)
  void replies(String request, String reply) throws IOException {
    assertThat(peer.ask(request)).isEqualTo(reply);
  }

  @Test
  void limitsTheLengthOfNames() throws IOException {
    String longest = "n".repeat(512);
    for (String command :
        List.of("CLIENT SETNAME ", "CLIENT SETINFO LIB-NAME ", "CLIENT SETINFO LIB-VER ")) {
      assertThat(peer.ask(command + longest)).isEqualTo("+OK");
      assertThat(peer.ask(command + longest + "n")).endsWith("cannot be longer than 512 bytes.");
    }
    assertThat(peer.ask("HELLO 2 SETNAME n" + longest))
        .isEqualTo("-ERR Client names cannot be longer than 512 bytes.");
    assertThat(peer.ask("CLIENT LIST")).contains(" name=" + longest + " ");
    assertThat(peer.ask("CLIENT LIST ID 1")).contains(" lib-ver=" + longest);
  }

  @Test
  void declarationsMatchRedis() throws Exception {
    var wrong = new ArrayList<String>();
    try (InputStream golden = SharedCommandsTest.class.getResourceAsStream("commands-7.0.15.tsv")) {
      for (String line : new String(golden.readAllBytes(), StandardCharsets.UTF_8).split("\n")) {
        if (line.startsWith("#")) {
          continue;
        }
        Command<?> command = process.table.byName(line.substring(0, line.indexOf('\t')));
        String ours = command == null ? "unknown" : describe(command);
        if (!ours.equals(line)) {
          wrong.add(line + " but ours is " + ours);
        }
      }
    }
    assertThat(wrong).isEmpty();
  }

  private static String describe(Command<?> command) {
    var flags = new ArrayList<String>();
    for (Flag flag : Flag.values()) {
      if (flag.isShown() && command.has(flag)) {
        flags.add(flag.label());
      }
    }
    var categories = new ArrayList<String>();
    for (Category category : Category.values()) {
      if (command.isIn(category)) {
        categories.add("@" + category.label());
      }
    }
    return String.join(
        "\t",
        command.name(),
        "" + command.arity(),
        String.join(" ", flags),
        command.firstKey() + " " + command.lastKey() + " " + command.keyStep(),
        String.join(" ", categories));
  }

  @Test
  void repliesToCommandInfoInResp3() throws IOException {
    peer.ask("HELLO 3");
    assertThat(peer.ask("COMMAND INFO get"))
        .isEqualTo(
            "*1 *10 $3 get :2 ~2 +readonly +fast :1 :1 :1 ~3 +@read +@string +@fast ~0 ~1 %3 $5"
                + " flags ~2 +RO +access $12 begin_search %2 $4 type $5 index $4 spec %1 $5 index"
                + " :1 $9 find_keys %2 $4 type $5 range $4 spec %3 $7 lastkey :0 $7 keystep :1 $5"
                + " limit :0 ~0");
    assertThat(peer.ask("COMMAND INFO nosuch")).isEqualTo("*1 _");
    assertThat(peer.ask("COMMAND DOCS get"))
        .startsWith("%1 $3 get %5 $7 summary $0")
        .contains("$9 arguments *1 %4 $4 name $3 key $4 type $3 key");
  }

  @Test
  void derivesHelpFromTheDeclarations() throws IOException {
    assertThat(peer.ask("CLIENT HELP"))
        .contains("+CLIENT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:")
        .contains("+SETNAME connection-name +    Sets the name of the connection.")
        .endsWith("+HELP +    Print this help.");
  }

  @Test
  void showsNamesInClientList() throws IOException {
    assertThat(peer.ask("CLIENT SETNAME me")).isEqualTo("+OK");
    assertThat(peer.ask("CLIENT SETINFO LIB-NAME lib")).isEqualTo("+OK");
    assertThat(peer.ask("CLIENT SETINFO LIB-VER 1.0")).isEqualTo("+OK");
    int port = peer.socket.getLocalPort();
    assertThat(peer.ask("CLIENT LIST"))
        .matches(
            "\\$\\d+ id=1 addr=127.0.0.1:"
                + port
                + " laddr=127.0.0.1:"
                + peer.socket.getPort()
                + " fd=-?\\d+ name=me age=0 idle=0 flags=N db=0 sub=0 psub=0 ssub=0 multi=-1"
                + " qbuf=\\d+ qbuf-free=\\d+ argv-mem=\\d+ multi-mem=0 rbs=\\d+ rbp=\\d+"
                + " obl=\\d+ oll=\\d+ omem=\\d+ tot-mem=\\d+ events=r cmd=client\\|list"
                + " user=default redir=-1 resp=2 lib-name=lib lib-ver=1.0");
    assertThat(peer.ask("CLIENT SETNAME ''")).isEqualTo("+OK");
    assertThat(peer.ask("CLIENT GETNAME")).isEqualTo("$-1");
  }

  @Test
  void killsClients() throws IOException {
    try (Peer one = process.connect();
        Peer two = process.connect()) {
      assertThat(one.ask("PING")).isEqualTo("+PONG");
      two.ask("SUBSCRIBE c");
      assertThat(peer.ask("CLIENT KILL TYPE pubsub")).isEqualTo(":1");
      assertThat(two.isClosed()).isTrue();
      assertThat(peer.ask("CLIENT KILL 127.0.0.1:" + one.socket.getLocalPort())).isEqualTo("+OK");
      assertThat(one.isClosed()).isTrue();
      assertThat(peer.ask("CLIENT KILL ID 1")).as("skips itself").isEqualTo(":0");
      assertThat(peer.ask("CLIENT KILL ID 1 SKIPME no")).isEqualTo(":1");
      assertThat(peer.isClosed()).isTrue();
    }
  }

  @Test
  void restrictsSubscribedResp2Clients() throws IOException {
    assertThat(peer.ask("SUBSCRIBE a")).isEqualTo("*3 $9 subscribe $1 a :1");
    assertThat(peer.ask("GET k"))
        .isEqualTo(
            "-ERR Can't execute 'get': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT /"
                + " RESET are allowed in this context");
    assertThat(peer.ask("PING")).isEqualTo("*2 $4 pong $0");
    assertThat(peer.ask("PING hi")).isEqualTo("*2 $4 pong $2 hi");
    assertThat(peer.ask("UNSUBSCRIBE")).isEqualTo("*3 $11 unsubscribe $1 a :0");
    assertThat(peer.ask("PING")).isEqualTo("+PONG");
    peer.ask("SUBSCRIBE a");
    assertThat(peer.ask("RESET")).isEqualTo("+RESET");
    assertThat(peer.ask("GET k")).isEqualTo("$-1");
    assertThat(peer.ask("QUIT")).isEqualTo("+OK");
    assertThat(peer.isClosed()).isTrue();
  }

  @Test
  void deliversMessagesToOthersAndToTheSender() throws IOException {
    try (Peer other = process.connect()) {
      other.ask("PSUBSCRIBE n*");
      peer.ask("HELLO 3");
      peer.ask("SUBSCRIBE news");
      peer.send("PUBLISH news hello");
      assertThat(peer.reply()).as("one's own message follows the reply").isEqualTo(":2");
      assertThat(peer.reply()).isEqualTo(">3 $7 message $4 news $5 hello");
      assertThat(other.reply()).isEqualTo("*4 $8 pmessage $2 n* $4 news $5 hello");
      assertThat(peer.ask("PUBSUB NUMSUB news")).isEqualTo("*2 $4 news :1");
      assertThat(peer.ask("PUBSUB NUMPAT")).isEqualTo(":1");
      peer.ask("SSUBSCRIBE news");
      assertThat(peer.ask("SPUBLISH news x")).isEqualTo(":1");
      assertThat(peer.reply()).isEqualTo(">3 $8 smessage $4 news $1 x");
      assertThat(peer.ask("PUBSUB SHARDCHANNELS")).isEqualTo("*1 $4 news");
    }
  }

  @Test
  void enforcesPermissions() throws IOException {
    assertThat(peer.ask("ACL SETUSER bob on >pw ~a* &news +get +set +publish +subscribe +auth"))
        .isEqualTo("+OK");
    try (Peer bob = process.connect()) {
      assertThat(bob.ask("AUTH bob wrong"))
          .isEqualTo("-WRONGPASS invalid username-password pair or user is disabled.");
      assertThat(bob.ask("AUTH bob pw")).isEqualTo("+OK");
      assertThat(bob.ask("GET a1")).isEqualTo("$-1");
      assertThat(bob.ask("GET b1")).isEqualTo("-NOPERM No permissions to access a key");
      assertThat(bob.ask("CLIENT ID"))
          .isEqualTo("-NOPERM User bob has no permissions to run the 'client|id' command");
      assertThat(bob.ask("PUBLISH other x"))
          .isEqualTo("-NOPERM No permissions to access a channel");
      assertThat(peer.ask("ACL DRYRUN bob get b1"))
          .isEqualTo("$50 User bob has no permissions to access the 'b1' key");
      assertThat(peer.ask("ACL LOG 2"))
          .contains("$6 reason $7 channel $7 context $8 toplevel $6 object $5 other")
          .contains("$6 object $9 client|id $8 username $3 bob");
      bob.ask("SUBSCRIBE news");
      assertThat(peer.ask("ACL SETUSER bob resetchannels")).isEqualTo("+OK");
      assertThat(bob.isClosed()).isTrue();
    }
    try (Peer bob = process.connect()) {
      bob.ask("AUTH bob pw");
      assertThat(peer.ask("ACL DELUSER bob")).isEqualTo(":1");
      assertThat(bob.isClosed()).isTrue();
    }
  }

  @Test
  void helloAuthenticates() throws Exception {
    process.onLoop(() -> {
      process.users.setRequiredPassword("secret");
      return 0;
    });
    try (Peer fresh = process.connect()) {
      assertThat(fresh.ask("HELLO 3"))
          .startsWith("-NOAUTH HELLO must be called with the client already authenticated");
      assertThat(fresh.ask("HELLO 3 AUTH default wrong")).startsWith("-WRONGPASS");
      assertThat(fresh.ask("HELLO 3 AUTH default secret SETNAME me")).startsWith("%7");
      assertThat(fresh.ask("CLIENT GETNAME")).isEqualTo("$2 me");
      assertThat(fresh.ask("RESET")).isEqualTo("+RESET");
      assertThat(fresh.ask("PING")).isEqualTo("-NOAUTH Authentication required.");
    }
  }
}
