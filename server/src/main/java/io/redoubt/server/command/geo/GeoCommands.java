package io.redoubt.server.command.geo;

import static io.redoubt.protocol.command.Flag.DENYOOM;
import static io.redoubt.protocol.command.Flag.READONLY;
import static io.redoubt.protocol.command.Flag.WRITE;
import static io.redoubt.protocol.command.KeyFlag.ACCESS;
import static io.redoubt.protocol.command.KeyFlag.OW;
import static io.redoubt.protocol.command.KeyFlag.RO;
import static io.redoubt.protocol.command.KeyFlag.RW;
import static io.redoubt.protocol.command.KeyFlag.UPDATE;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandGroup;
import io.redoubt.protocol.command.Errors;
import io.redoubt.protocol.command.Group;
import io.redoubt.protocol.command.KeySpec;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.server.command.common.StoreDestination;
import io.redoubt.server.command.common.StoredSetEffects;
import io.redoubt.server.execution.Call;
import io.redoubt.server.execution.Effect;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.Type;
import io.redoubt.server.keyspace.event.KeyEvent;
import io.redoubt.server.memory.Region;
import io.redoubt.server.value.sortedset.SortedSetBuilder;
import io.redoubt.server.value.sortedset.SortedSets;
import java.nio.charset.StandardCharsets;

/** The geo group: positions on the Earth, kept in sorted sets whose scores are geohashes. */
public final class GeoCommands extends CommandGroup<Call> {
  private static final byte[] ZADD = {'Z', 'A', 'D', 'D'};

  // Decimal places in replies.

  final Command<Call> geoadd =
      command(
              "GEOADD key [NX | XX]{condition, since 6.2.0} [CH]{change, since 6.2.0}"
                  + " (longitude latitude member){data}...")
          .does("Adds members to a geo set or updates their positions, creating the set if needed.")
          .since("3.2.0")
          .costs("O(log(N)) for each place, N the size of the set")
          .history("6.2.0", "Added the `CH`, `NX` and `XX` options.")
          .is(WRITE, DENYOOM)
          .keys(RW, UPDATE)
          .runs(GeoCommands::geoadd);

  final Command<Call> geodist =
      command("GEODIST key member1 member2 [M | KM | FT | MI]{unit}")
          .does("Returns the distance between two members of a geo set.")
          .since("3.2.0")
          .costs("O(1)")
          .is(READONLY)
          .keys(RO, ACCESS)
          .runs(GeoCommands::geodist);

  final Command<Call> geohash =
      command("GEOHASH key [member...]")
          .does("Returns the positions of members as geohash.org strings.")
          .since("3.2.0")
          .costs("O(1) for each member")
          .is(READONLY)
          .keys(RO, ACCESS)
          .runs(GeoCommands::geohash);

  final Command<Call> geopos =
      command("GEOPOS key [member...]")
          .does("Returns the longitudes and latitudes of members.")
          .since("3.2.0")
          .costs("O(1) for each member")
          .is(READONLY)
          .keys(RO, ACCESS)
          .runs(GeoCommands::geopos);

  final Command<Call> georadius =
      command(
              "GEORADIUS key{key 0} longitude latitude radius (M | KM | FT | MI){unit}"
                  + " [WITHCOORD] [WITHDIST] [WITHHASH] [COUNT count"
                  + " [ANY]{since 6.2.0}]{count-block} [ASC | DESC]{order}"
                  + " [STORE key{storekey, key 1} | STOREDIST key{storedistkey, key 2}]{store}")
          .does("Returns or stores the members of a geo set within a distance from a position.")
          .since("3.2.0")
          .costs("O(N+log(M)), N the members in the squares around, M the size of the set")
          .deprecated("6.2.0", "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` argument")
          .history("6.2.0", "Added the `ANY` option for `COUNT`.")
          .history("7.0.0", "Added support for uppercase unit names.")
          .is(WRITE, DENYOOM)
          .keys(KeySpec.index(1).is(RO, ACCESS), stored("STORE", 6), stored("STOREDIST", 6))
          .runs(call -> radius(call, true));

  final Command<Call> georadiusRo =
      command(
              "GEORADIUS_RO key longitude latitude radius (M | KM | FT | MI){unit}"
                  + " [WITHCOORD] [WITHDIST] [WITHHASH] [COUNT count"
                  + " [ANY]{since 6.2.0}]{count-block} [ASC | DESC]{order}")
          .does("Returns the members of a geo set within a distance from a position.")
          .since("3.2.10")
          .costs("O(N+log(M)), N the members in the squares around, M the size of the set")
          .deprecated("6.2.0", "`GEOSEARCH` with the `BYRADIUS` argument")
          .history("6.2.0", "Added the `ANY` option for `COUNT`.")
          .is(READONLY)
          .keys(RO, ACCESS)
          .runs(call -> radius(call, false));

  final Command<Call> georadiusbymember =
      command(
              "GEORADIUSBYMEMBER key{key 0} member radius (M | KM | FT | MI){unit} [WITHCOORD]"
                  + " [WITHDIST] [WITHHASH] [COUNT count [ANY]]{count-block} [ASC | DESC]{order}"
                  + " [STORE key{storekey, key 1} | STOREDIST key{storedistkey, key 2}]{store}")
          .does("Returns or stores the members of a geo set within a distance from a member.")
          .since("3.2.0")
          .costs("O(N+log(M)), N the members in the squares around, M the size of the set")
          .is(WRITE, DENYOOM)
          .keys(KeySpec.index(1).is(RO, ACCESS), stored("STORE", 5), stored("STOREDIST", 5))
          .deprecated(
              "6.2.0",
              "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` and `FROMMEMBER` arguments")
          .history("7.0.0", "Added support for uppercase unit names.")
          .runs(call -> radiusByMember(call, true));

  final Command<Call> georadiusbymemberRo =
      command(
              "GEORADIUSBYMEMBER_RO key member radius (M | KM | FT | MI){unit} [WITHCOORD]"
                  + " [WITHDIST] [WITHHASH] [COUNT count [ANY]]{count-block} [ASC | DESC]{order}")
          .does("Returns the members of a geo set within a distance from a member.")
          .since("3.2.10")
          .costs("O(N+log(M)), N the members in the squares around, M the size of the set")
          .is(READONLY)
          .keys(RO, ACCESS)
          .deprecated("6.2.0", "`GEOSEARCH` with the `BYRADIUS` and `FROMMEMBER` arguments")
          .runs(call -> radiusByMember(call, false));

  final Command<Call> geosearch =
      command(
              "GEOSEARCH key (((FROMMEMBER member | (FROMLONLAT longitude"
                  + " latitude){fromlonlat}){from} ((BYRADIUS radius (M | KM | FT |"
                  + " MI){unit}){circle} | (BYBOX width height (M | KM | FT |"
                  + " MI){unit}){box}){by}){radius-or-box} | (BYPOLYGON num-vertices{integer}"
                  + " (longitude latitude){vertices}...){polygon, since 9.0.0}){search-type} [ASC |"
                  + " DESC]{order} [COUNT count [ANY]]{count-block} [WITHCOORD] [WITHDIST]"
                  + " [WITHHASH]")
          .does("Returns the members of a geo set within a circle, a box or a polygon.")
          .since("6.2.0")
          .arity(-7)
          .costs("O(N+log(M)), N the members in the squares around, M the size of the set")
          .history("7.0.0", "Added support for uppercase unit names.")
          .is(READONLY)
          .keys(RO, ACCESS)
          .runs(call -> search(call, 1));

  final Command<Call> geosearchstore =
      command(
              "GEOSEARCHSTORE destination source (((FROMMEMBER member | (FROMLONLAT longitude"
                  + " latitude){fromlonlat}){from} ((BYRADIUS radius (M | KM | FT |"
                  + " MI){unit}){circle} | (BYBOX width height (M | KM | FT |"
                  + " MI){unit}){box}){by}){radius-or-box} | (BYPOLYGON num-vertices{integer}"
                  + " (longitude latitude){vertices}...){polygon, since 9.0.0}){search-type} [ASC |"
                  + " DESC]{order} [COUNT count [ANY]]{count-block} [STOREDIST]")
          .does("Stores the members of a geo set within a circle, a box or a polygon.")
          .since("6.2.0")
          .arity(-8)
          .costs("O(N+log(M)), N the members in the squares around, M the size of the set")
          .history("7.0.0", "Added support for uppercase unit names.")
          .is(WRITE, DENYOOM)
          .keys(OW, UPDATE)
          .keys(RO, ACCESS)
          .runs(call -> search(call, 2));

  public GeoCommands() {
    super(Group.GEO);
  }

  private static KeySpec stored(String keyword, int startFrom) {
    return KeySpec.keyword(keyword, startFrom).is(OW, UPDATE);
  }

  // Adding.

  private static void geoadd(Call call) {
    boolean replyChanged = false;
    boolean nx = false;
    boolean xx = false;
    int arg = 2;
    for (; arg < call.count(); arg++) {
      if (call.is(arg, "NX")) {
        nx = true;
      } else if (call.is(arg, "XX")) {
        xx = true;
      } else if (call.is(arg, "CH")) {
        replyChanged = true;
      } else {
        break;
      }
    }
    int places = (call.count() - arg) / 3;
    if ((call.count() - arg) % 3 != 0 || (nx && xx)) {
      throw Errors.SYNTAX;
    }
    for (int i = arg; i < call.count(); i += 3) {
      GeoSearch.requirePlace(call.argDouble(i), call.argDouble(i + 1));
    }
    long set = call.findForWrite(1, Type.ZSET);
    SortedSets sets = call.values().sortedSets();
    if (places == 0) {
      throw Errors.SYNTAX;
    } else if (set != Entry.NONE) {
      set = sets.expect(call.database(), set, places);
    } else if (xx) {
      call.reply().integer(0);
      return;
    } else {
      set =
          sets.create(
              call.database(),
              call.argAddress(1),
              call.argLength(1),
              places,
              call.argLength(arg + 2));
    }
    int options = nx ? SortedSets.ONLY_NEW : xx ? SortedSets.ONLY_EXISTING : 0;
    int added = 0;
    int changed = 0;
    for (int i = arg; i < call.count(); i += 3) {
      long hash = Geohash.encode(call.argDouble(i), call.argDouble(i + 1));
      long member = call.argAddress(i + 2);
      set = sets.add(call.database(), set, member, call.argLength(i + 2), hash, options);
      switch (sets.outcome()) {
        case ADDED -> added++;
        case CHANGED -> changed++;
        default -> {}
      }
    }
    if (added + changed > 0) {
      call.recordChange(1, KeyEvent.ZADD, added + changed);
      propagateAdding(call, arg, places);
    }
    call.reply().integer(replyChanged ? added + changed : added);
  }

  /** Propagates a ZADD, because another version may compute different geohashes. */
  private static void propagateAdding(Call call, int firstPlace, int places) {
    if (!call.propagates()) {
      return;
    }
    Effect effect = call.propagateAs(firstPlace + 2 * places).word(ZADD);
    for (int i = 1; i < firstPlace; i++) {
      effect.argument(i);
    }
    for (int i = firstPlace; i < call.count(); i += 3) {
      effect.number(Geohash.encode(call.argDouble(i), call.argDouble(i + 1))).argument(i + 2);
    }
  }

  // Single members.

  /** Returns the score of a member, or NaN if there is none. */
  private static double score(Call call, long set, int i) {
    return set == Entry.NONE
        ? Double.NaN
        : call.values().sortedSets().score(set, call.argAddress(i), call.argLength(i));
  }

  private static void geodist(Call call) {
    if (call.count() > 5) {
      throw Errors.SYNTAX;
    }
    GeoUnit unit = call.count() == 5 ? GeoUnit.of(call, 4) : GeoUnit.M;
    long set = call.read(1, Type.ZSET);
    double first = score(call, set, 2);
    double second = score(call, set, 3);
    if (Double.isNaN(first) || Double.isNaN(second)) {
      call.reply().nil();
      return;
    }
    long a = (long) first;
    long b = (long) second;
    double metres =
        Geohash.distance(
            Geohash.longitude(a), Geohash.latitude(a), Geohash.longitude(b), Geohash.latitude(b));
    distance(call.reply(), metres / unit.metres());
  }

  private static void geohash(Call call) {
    long set = call.read(1, Type.ZSET);
    call.reply().array(call.count() - 2);
    for (int i = 2; i < call.count(); i++) {
      double score = score(call, set, i);
      if (Double.isNaN(score)) {
        call.reply().nil();
      } else {
        call.reply().bulk(Geohash.text((long) score));
      }
    }
  }

  private static void geopos(Call call) {
    long set = call.read(1, Type.ZSET);
    call.reply().array(call.count() - 2);
    for (int i = 2; i < call.count(); i++) {
      double score = score(call, set, i);
      if (Double.isNaN(score)) {
        call.reply().nilArray();
      } else {
        place(call.reply(), (long) score);
      }
    }
  }

  private static void place(ReplyWriter reply, long hash) {
    reply.array(2);
    coordinate(reply, Geohash.longitude(hash));
    coordinate(reply, Geohash.latitude(hash));
  }

  private static void coordinate(ReplyWriter reply, double degrees) {
    String digits = GeoNumbers.coordinate(degrees);
    if (reply.resp() >= 3) {
      reply.raw((',' + digits + "\r\n").getBytes(StandardCharsets.US_ASCII));
    } else {
      reply.bulk(digits);
    }
  }

  private static void distance(ReplyWriter reply, double distance) {
    reply.bulk(GeoNumbers.distance(distance));
  }

  // Areas.

  private static void radius(Call call, boolean mayStore) {
    long set = call.read(1, Type.ZSET);
    find(call, set, GeoSearch.around(call, mayStore, set), KeyEvent.GEORADIUSSTORE);
  }

  private static void radiusByMember(Call call, boolean mayStore) {
    long set = call.read(1, Type.ZSET);
    find(call, set, GeoSearch.aroundMember(call, mayStore, set), KeyEvent.GEORADIUSSTORE);
  }

  private static void search(Call call, int keyArg) {
    long set = call.read(keyArg, Type.ZSET);
    find(call, set, GeoSearch.byOptions(call, keyArg > 1, set), KeyEvent.GEOSEARCHSTORE);
  }

  private static void find(Call call, long set, GeoSearch search, KeyEvent stored) {
    try (GeoPlaces found = new GeoPlaces(call.keyspace().slabs())) {
      boolean farthestFirst = search.order() == GeoSearch.Order.FARTHEST_FIRST;
      SortedSets sets = call.values().sortedSets();
      if (set != Entry.NONE && search.firstCount() > 0) {
        found.findFirst(sets, set, search.area(), farthestFirst, search.firstCount());
      } else if (set != Entry.NONE) {
        found.find(sets, set, search.area(), search.enough());
      }
      int wanted =
          search.count() == 0 ? found.count() : (int) Math.min(search.count(), found.count());
      if (search.order() != GeoSearch.Order.NONE) {
        found.sort(farthestFirst, wanted);
      }
      if (search.storeKeyArg() > 0) {
        store(call, search, found, wanted, stored);
      } else {
        reply(call.reply(), search, found, wanted);
      }
    }
  }

  private static void reply(ReplyWriter reply, GeoSearch search, GeoPlaces found, int wanted) {
    int extras = search.extras();
    reply.array(wanted);
    for (int i = 0; i < wanted; i++) {
      if (extras > 0) {
        reply.array(1 + extras);
      }
      reply.bulk(Region.MEMORY, found.address(i), found.length(i));
      if (search.withDistance()) {
        distance(reply, found.distance(i) / search.unit().metres());
      }
      if (search.withHash()) {
        reply.integer(found.hash(i));
      }
      if (search.withCoordinates()) {
        place(reply, found.hash(i));
      }
    }
  }

  private static void store(
      Call call, GeoSearch search, GeoPlaces found, int wanted, KeyEvent event) {
    int key = search.storeKeyArg();
    boolean replaces;
    if (wanted > 0) {
      replaces = call.findForWrite(key) != Entry.NONE;
      SortedSetBuilder builder = call.values().sortedSets().builder();
      builder.begin(wanted);
      for (int i = 0; i < wanted; i++) {
        double score =
            search.storesDistance() ? found.distance(i) / search.unit().metres() : found.score(i);
        builder.add(found.address(i), found.length(i), score);
      }
      builder.store(call.database(), call.argAddress(key), call.argLength(key));
      call.recordChange(key, event, wanted);
    } else {
      replaces = StoreDestination.remove(call, key);
    }
    if (!search.isOld()) {
      StoredSetEffects.propagate(call, key, replaces, wanted);
    }
    call.reply().integer(wanted);
  }
}
