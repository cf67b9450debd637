package nl.voorbeeld.inkoop;

import java.io.IOException;
import java.io.PrintStream;
import nl.spoedkader.feed.v1.Change;
import nl.spoedkader.feed.v1.FeedServiceGrpc;
import nl.spoedkader.feed.v1.ListChangesRequest;
import nl.spoedkader.feed.v1.ListChangesResponse;

/**
 * Follows the change feed of a service from where it was. What is done with the changes comes before the cursor is
 * kept: whoever is stopped in between sees the last part again, and misses nothing. A back end that keeps the cursor in
 * the transaction in which it handles the changes sees none twice either.
 */
final class Follower {
    private static final int PART = 500;

    private final Service service;
    private final CursorFile cursor;

    Follower(Service service, CursorFile cursor) {
        this.service = service;
        this.cursor = cursor;
    }

    /** Prints what happened since the last time, up to now. */
    void run(PrintStream out) throws IOException {
        FeedServiceGrpc.FeedServiceBlockingStub feed = FeedServiceGrpc.newBlockingStub(service.channel());
        ListChangesResponse page;
        do {
            ListChangesRequest request = ListChangesRequest.newBuilder()
                    .setCursor(cursor.read())
                    .setPageSize(PART)
                    .build();
            page = service.call(() -> feed.listChanges(request));
            for (Change change : page.getChangesList()) {
                out.printf(
                        "%d %s revisie %d door %s%n",
                        change.getPosition(), change.getResource(), change.getRevision(), change.getActor());
            }
            Output.handOver(out);
            cursor.write(page.getNextCursor());
        } while (page.getHasMore());
    }
}
