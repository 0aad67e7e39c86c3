/** Drawings on a 160 × 120 grid with the ground at y = 98. The classes get their colours from CSS. */
export const shapes = {
  tin: (
    <>
      <path className="body" d="M54 40h52v52a6 6 0 0 1-6 6H60a6 6 0 0 1-6-6z" />
      <path className="shade" d="M92 40h14v52a6 6 0 0 1-6 6h-8z" />
      <path className="shade" d="M58 24h44a4 4 0 0 1 4 4v9H54v-9a4 4 0 0 1 4-4z" />
      <path className="body" d="M58 24h34v13H54v-9a4 4 0 0 1 4-4z" />
      <path className="paper" d="M54 54h52v26H54z" />
      <path className="leaf" d="M71 74c0-9 6-14 18-14 0 10-6 15-18 14zm0 0 9-8" />
    </>
  ),
  teapot: (
    <>
      <path className="stroke" d="M106 56c18-6 24 22-2 27" />
      <path className="body" d="M54 70C40 70 42 54 32 50c10-4 20 2 25 10z" />
      <path className="body" d="M80 44c24 0 34 14 34 29 0 17-14 25-34 25s-34-8-34-25c0-15 10-29 34-29z" />
      <path className="shade" d="M96 47c12 5 18 15 18 26 0 17-14 25-34 25 22-6 27-30 16-51z" />
      <path className="shade" d="M62 47c2-6 34-6 36 0-8 3-28 3-36 0z" />
      <circle className="shade" cx="80" cy="37" r="5" />
    </>
  ),
  kyusu: (
    <>
      <path className="body" d="M96 66 138 40l7 8-41 29z" />
      <path className="shade" d="m101 73 43-26 1 2-41 28z" />
      <path className="body" d="M48 64c-8 0-10-8-18-8 6-6 18-4 22 2z" />
      <path className="body" d="M44 70c0-14 14-20 32-20s32 6 32 20c0 18-12 28-32 28S44 88 44 70z" />
      <path className="shade" d="M94 54c9 3 14 8 14 16 0 18-12 28-32 28 18-7 25-26 18-44z" />
      <path className="shade" d="M56 51c4-6 36-6 40 0-9 3-31 3-40 0z" />
      <circle className="shade" cx="76" cy="42" r="5" />
    </>
  ),
  mug: (
    <>
      <path className="stroke" d="M102 54c22-4 22 30 0 27" />
      <path className="body" d="M50 40h54v48a10 10 0 0 1-10 10H60a10 10 0 0 1-10-10z" />
      <path className="shade" d="M90 40h14v48a10 10 0 0 1-10 10h-8c4-16 5-38 4-58z" />
      <path className="steam" d="M68 32c0-6 5-6 5-12M82 32c0-6 5-6 5-12" />
    </>
  ),
  cup: (
    <>
      <path className="body" d="M54 48h52l-5 42a9 9 0 0 1-9 8H68a9 9 0 0 1-9-8z" />
      <path className="flush" d="M55 58c14 10 30-4 50 6l-2 14c-16-8-30 6-46-4z" />
      <path className="shade" d="M93 48h13l-5 42a9 9 0 0 1-9 8h-6c5-16 7-33 7-50z" />
      <path className="steam" d="M73 40c0-6 5-6 5-12M87 40c0-6 5-6 5-12" />
    </>
  ),
  bowls: (
    <>
      <path className="shade" d="M34 62h52c0 20-10 32-18 34v2H52v-2c-8-2-18-14-18-34z" />
      <path className="body" d="M34 62h40c0 20-6 32-14 36h-8v-2c-8-2-18-14-18-34z" />
      <path className="shade" d="M76 52h54c0 24-10 40-19 44v2H95v-2c-9-4-19-20-19-44z" />
      <path className="body" d="M76 52h42c0 24-7 42-15 46h-8v-2c-9-4-19-20-19-44z" />
    </>
  ),
  whisk: (
    <>
      <path className="body" d="M70 22h20v36H70z" />
      <path className="shade" d="M83 22h7v36h-7z" />
      <path
        className="prongs"
        d="M72 60c-8 14-12 22-8 38M76 60c-4 14-6 24-5 38M80 60v38M84 60c4 14 6 24 5 38M88 60c8 14 12 22 8 38"
      />
      <path className="shade" d="M68 56h24v5H68z" />
    </>
  ),
  scoop: (
    <>
      <path className="body" d="M84 66 132 40c6-3 10 4 4 8L92 76z" />
      <path className="shade" d="m90 73 46-27c2 1 1 2 0 2L92 76z" />
      <ellipse className="body" cx="66" cy="80" rx="30" ry="18" transform="rotate(-14 66 80)" />
      <ellipse className="shade" cx="66" cy="77" rx="22" ry="11" transform="rotate(-14 66 77)" />
      <path className="crumbs" d="M56 79h4m4-4h4m2 6h4m-8 2h4m-14-1h4m12-10h4" />
    </>
  ),
}

export type Shape = keyof typeof shapes
