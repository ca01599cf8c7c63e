import { useTitle } from '../device/title.js';
import { ADMIN_PARTS, type AdminPart } from '../router.js';
import { useText } from '../text/text.js';
import { Link } from '../ui/link.js';
import { PageHead } from '../ui/page-head.js';
import { useSession } from '../use.js';
import './admin.css';
import { Audit } from './audit.js';
import { Overview } from './overview.js';
import { People } from './people.js';
import { Queues } from './queues.js';
import { useAdminText } from './use.js';

/** What operators see: one part at a time. */
export function Admin({ part }: { part: AdminPart }) {
  const { app } = useText();
  const text = useAdminText();
  const { isAdmin } = useSession();
  useTitle(text.parts[part]);
  return (
    <div class="settings admin">
      <PageHead title={text.title} />
      {isAdmin === null ? (
        <p class="empty quiet">{app.loading}</p>
      ) : isAdmin ? (
        <div class="sections">
          <nav aria-label={text.title}>
            {ADMIN_PARTS.map((each) => (
              <Link key={each} to={{ page: 'admin', part: each }} aria-current={each === part ? 'page' : undefined}>
                {text.parts[each]}
              </Link>
            ))}
          </nav>
          <Part part={part} />
        </div>
      ) : (
        <p class="empty quiet">{text.onlyOperators}</p>
      )}
    </div>
  );
}

function Part({ part }: { part: AdminPart }) {
  switch (part) {
    case 'overview':
      return <Overview />;
    case 'people':
      return <People />;
    case 'queues':
      return <Queues />;
    case 'audit':
      return <Audit />;
    default:
      return part satisfies never;
  }
}
